// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/free_box.h"

#include <gtest/gtest.h>

#include <cmath>

#include "libspi/base/error.h"

namespace spi {
namespace {

using Shape = std::array<std::size_t, 3>;

TEST(FreeBox, IsTheOctantWhereTheLaueClassHasThreeMirrors) {
  for (const char* name : {"m-3m", "m-3", "O", "T", "D2", "D4", "D6h", "mmm", "I", "Ih"}) {
    const FreeBox box(9, point_group(name));
    EXPECT_EQ(box.shape(), (Shape{5, 5, 5})) << name;
    EXPECT_EQ(box.cosets().size() * 8, laue_class(point_group(name)).order()) << name;
  }
  EXPECT_EQ(FreeBox(9, point_group("m-3m")).cosets().size(), 6u);
}

TEST(FreeBox, IsAQuarterForOneMirrorAndAHalfForFriedelAlone) {
  EXPECT_EQ(FreeBox(9, point_group("C1")).shape(), (Shape{5, 9, 9}));
  EXPECT_EQ(FreeBox(9, point_group("C3")).shape(), (Shape{5, 9, 9}));
  EXPECT_EQ(FreeBox(9, point_group("C2")).shape(), (Shape{5, 5, 9}));  // mirror across z
  EXPECT_EQ(FreeBox(9, point_group("D3")).shape(), (Shape{5, 9, 5}));  // mirror across x
  EXPECT_EQ(FreeBox(9, point_group("C4h")).cosets().size(), 2u);
  EXPECT_EQ(FreeBox(9, point_group("C5")).cosets().size(), 5u);
}

TEST(FreeBox, RefusesEvenSizes) {
  EXPECT_THROW(FreeBox(80, point_group("C1")), UserError);
  EXPECT_THROW(FreeBox(1, point_group("C1")), UserError);
}

TEST(FreeBox, FoldsIntoItselfByAnOperationOfTheLaueClass) {
  Random random(3, 0, 0);
  for (const char* name : {"C1", "C2", "D3", "C4h", "m-3m"}) {
    const FreeBox box(21, point_group(name));
    for (int n = 0; n < 200; ++n) {
      const Vector3 p{20 * random.uniform() - 10, 20 * random.uniform() - 10,
                      20 * random.uniform() - 10};
      const Vector3 folded = box.fold(p);
      Matrix3 signs{};
      for (std::size_t axis = 0; axis < 3; ++axis) {
        EXPECT_GE(folded[axis], box.first()[axis]);
        EXPECT_LE(folded[axis], box.first()[axis] + double(box.shape()[2 - axis]) - 1);
        EXPECT_EQ(std::abs(folded[axis]), std::abs(p[axis]));  // exact: only signs change
        signs[4 * axis] = folded[axis] == p[axis] ? 1 : -1;
      }
      EXPECT_TRUE(contains(laue_class(point_group(name)), signs)) << name;
      EXPECT_EQ(box.fold(folded), folded);
    }
  }
}

TEST(FreeBox, UnfoldAndFoldAreInverseOnTiedBoxes) {
  for (const char* name : {"C1", "C2", "D3", "m-3m"}) {
    const FreeBox box(7, point_group(name));
    std::vector<float> values(box.voxels());
    Random random(5, 0, 0);
    for (float& v : values) v = float(random.below(1000));  // means of two are exact
    std::vector<float> tied = values;
    box.tie(tied);
    std::vector<float> twice = tied;
    box.tie(twice);
    EXPECT_EQ(tied, twice) << name;
    EXPECT_EQ(box.fold_cube(box.unfold(tied)), tied) << name;
    EXPECT_EQ(values != tied, box.turned().has_value()) << name;
  }
}

}  // namespace
}  // namespace spi
