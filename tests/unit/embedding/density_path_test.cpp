// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/density_path.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/random.h"

namespace spi {
namespace {

/// Points around half a circle of radius 1, with scatter.
std::vector<float> half_circle(std::size_t n, double scatter) {
  std::vector<float> values;
  Random random(1, 0, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const double angle = std::numbers::pi * double(i) / double(n - 1);
    values.push_back(float(std::cos(angle) + scatter * random.normal()));
    values.push_back(float(std::sin(angle) + scatter * random.normal()));
  }
  return values;
}

TEST(DensityPath, FollowsThePointsInsteadOfTheChord) {
  const auto values = half_circle(600, 0.03);
  const PointCloud cloud{values, 2};
  const std::vector<double> from{1, 0}, to{-1, 0};
  const auto path = density_path(cloud, from, to, 9);
  ASSERT_EQ(path.size(), 18u);
  EXPECT_DOUBLE_EQ(path[0], 1);
  EXPECT_DOUBLE_EQ(path[16], -1);
  for (std::size_t i = 0; i < 9; ++i) {
    // The cloud is 0.03 wide; smoothing pulls the path inside by less than the sagitta of a step.
    EXPECT_NEAR(std::hypot(path[2 * i], path[2 * i + 1]), 1, 0.1);
    if (i == 0) continue;
    // Equal steps of a half circle: chords of pi/8.
    EXPECT_NEAR(std::hypot(path[2 * i] - path[2 * i - 2], path[2 * i + 1] - path[2 * i - 1]),
                2 * std::sin(std::numbers::pi / 16), 0.08);
  }
}

TEST(DensityPath, NamesTheNearestDataOfAnEmptyPlace) {
  const auto values = half_circle(100, 0);
  try {
    density_path({values, 2}, std::vector{1., 0.}, std::vector{-1., -0.5}, 5);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("row 99"), std::string::npos) << error.what();
  }
}

TEST(DensityPath, DoesNotJumpOverAGap) {
  std::vector<float> values;
  for (int i = 0; i < 40; ++i) values.push_back(float(i < 20 ? 0.01 * i : 5 + 0.01 * i));
  EXPECT_THROW(density_path({values, 1}, std::vector{0.}, std::vector{5.3}, 8), UserError);
}

TEST(Support, CountsPointsWithinTheRadius) {
  const std::vector<float> values{0, 0.1f, 0.3f, 1};
  EXPECT_EQ(support({values, 1}, std::vector{0.}, 0.25), 2u);
  EXPECT_EQ(nearest_point({values, 1}, std::vector{0.8}).index, 3u);
}

}  // namespace
}  // namespace spi
