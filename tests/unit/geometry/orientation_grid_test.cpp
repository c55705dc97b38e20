// SPDX-License-Identifier: GPL-3.0-or-later
// Grids of orientations: uniform, and covering the fundamental zone.
#include "libspi/geometry/orientation_grid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {
namespace {

double dot(const Vector3& a, const Vector3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

TEST(OrientationGrid, ViewsLookWhereTheyShould) {
  for (const Vector3& v : {Vector3{0, 0, 1}, {0, 0, -1}, {1, 0, 0}, {0.48, -0.6, 0.64}}) {
    const Vector3 z = rotate(view_towards(v), {0, 0, 1});
    for (int k = 0; k < 3; ++k) EXPECT_NEAR(z[k], v[k], 1e-15);
  }
}

TEST(OrientationGrid, CoversTheSphereModuloTheGroup) {
  // The bound of the header, for random directions and for such close to the lattice's poles, where
  // it is least regular.
  for (const char* name : {"C1", "C5", "D2", "T", "O", "I"}) {
    const PointGroup group = point_group(name);
    const double spacing = 0.1;
    const ViewGrid grid = view_grid(group, spacing);
    double worst = 0;
    for (std::uint64_t i = 0; i < 3000; ++i) {
      Random random(5, 0, i);
      Vector3 v = rotate(random_rotation(random), {0, 0, 1});
      if (i % 10 == 0)
        v = rotate(view_towards({0, 0, i % 20 ? 1. : -1.}),
                   rotate(from_axis_angle({1, random.uniform(), 0}, 2 * spacing * random.uniform()),
                          {0, 0, 1}));
      double nearest = -1;
      for (const Quaternion& g : group.rotations) {
        const Vector3 image = rotate(g, v);
        for (const Quaternion& view : grid.views)
          nearest = std::max(nearest, dot(image, rotate(view, {0, 0, 1})));
      }
      worst = std::max(worst, std::acos(std::min(1., nearest)));
    }
    EXPECT_LT(worst, ViewGrid::kCovering * spacing) << name;
    EXPECT_GT(worst, 0.55 * spacing) << name
                                     << ": no lattice of this density covers better (the "
                                        "hexagonal one 0.62)";
  }
}

TEST(OrientationGrid, AViewStandsForItsShareOfTheSphere) {
  // The zone has 4 pi / |rotations|; points within one spacing of its border (of length at most
  // 2 pi per wall's great circle, about 6 in all) make the count uncertain by a few tenths of a
  // spacing times that length.
  for (const char* name : {"C1", "Ci", "C6", "D3", "T", "Oh", "Ih"}) {
    const PointGroup group = point_group(name);
    const double spacing = 0.05;
    const double expected =
        4 * std::numbers::pi / double(group.rotations.size()) / (spacing * spacing);
    const ViewGrid grid = view_grid(group, spacing);
    EXPECT_NEAR(double(grid.zone_views()), expected, 0.25 * 6 / spacing) << name;
    EXPECT_GE(grid.views.size(), grid.zone_views());
  }
}

TEST(OrientationGrid, TheZoneOfTheCubeIsTheUsualTriangle) {
  const PointGroup cubic = point_group("m-3m");
  for (std::uint64_t i = 0; i < 500; ++i) {
    Random random(6, 0, i);
    const Vector3 v = rotate(random_rotation(random), {0, 0, 1});
    const Vector3 folded = to_zone(cubic, v);
    EXPECT_TRUE(folded[2] >= folded[0] && folded[0] >= folded[1] && folded[1] >= 0);
    std::array<double, 3> a{std::abs(v[0]), std::abs(v[1]), std::abs(v[2])};
    std::ranges::sort(a);
    EXPECT_NEAR(folded[1], a[0], 1e-15);
    EXPECT_NEAR(folded[2], a[2], 1e-15);
  }
}

TEST(OrientationGrid, RefusesASpacingThatMakesNoSense) {
  for (const double spacing : {0., -1., 1e-4, 2., std::nan("")})
    EXPECT_THROW(view_grid(point_group("C1"), spacing), UserError);
}

}  // namespace
}  // namespace spi
