// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/poses.h"

#include <gtest/gtest.h>

#include "libspi/base/error.h"
#include "libspi/io/orientations.h"

namespace spi::vae {
namespace {

namespace fs = std::filesystem;

fs::path written(const std::string& symmetry) {
  Orientations o;
  o.id = {7, 3, 5};
  for (const double angle : {0.1, 0.2, 0.3}) {
    const Quaternion q = from_axis_angle({0, 0, 1}, angle);
    o.quaternion.push_back({q.w, q.x, q.y, q.z});
    o.second_quaternion.push_back({1, 0, 0, 0});
    o.cc.push_back(0.9);
    o.gain.push_back(1 + angle);
    o.size.push_back(1);
    o.margin.push_back(0.1);
    o.twin_margin.push_back(0);
  }
  o.symmetry = symmetry;
  const fs::path path = fs::path(testing::TempDir()) / ("poses-" + symmetry + ".h5");
  write_orientations(path, o, {});
  return path;
}

TEST(Poses, AreMatchedById) {
  const Poses poses = read_poses(written("Oh"), {3, 7});
  ASSERT_EQ(poses.pose.size(), 2u);
  EXPECT_DOUBLE_EQ(poses.pose[0].gain, 1.2);
  EXPECT_DOUBLE_EQ(poses.pose[1].gain, 1.1);
  EXPECT_EQ(poses.symmetry, "Oh");
}

TEST(Poses, OfOtherPatternsAreRefused) {
  try {
    read_poses(written("Oh"), {3, 8});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("id 8"), std::string::npos) << error.what();
  }
}

TEST(Poses, TheModelMustHaveTheSymmetryOfTheReference) {
  const Poses cubic{.pose = {}, .symmetry = "Oh"}, none{.pose = {}, .symmetry = "C1"};
  EXPECT_EQ(model_symmetry(cubic, std::nullopt).name, "Oh");
  EXPECT_EQ(model_symmetry(none, "m-3m").name, "Oh");
  EXPECT_EQ(model_symmetry(cubic, "O").name, "O");  // the same Laue class
  EXPECT_THROW(model_symmetry(cubic, "C1"), UserError);
  EXPECT_THROW(model_symmetry(cubic, "m-3"), UserError);
}

}  // namespace
}  // namespace spi::vae
