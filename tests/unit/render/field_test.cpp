// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/render/field.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "tests/unit/render/ball.h"

namespace spi {
namespace {

/// A Gaussian about a point off the centre, which a spline follows to 1e-3 of its height.
Volume gaussian(std::size_t n) {
  Volume v{n, n, n, {}, 10};
  const double centre = double(n / 2);
  for (std::size_t z = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x)
        v.values.push_back(float(
            std::exp(-(std::pow(double(x) - centre - 2, 2) + std::pow(double(y) - centre + 1, 2) +
                       std::pow(double(z) - centre, 2)) /
                     18)));
  return v;
}

TEST(Field, SamplesTheVolumeAboutItsCentreVoxel) {
  for (const std::size_t n : {20, 21}) {  // the centre voxel is n/2 of both
    const Field field = sample(gaussian(n), 6, 25, -1, 2);
    EXPECT_DOUBLE_EQ(field.step, 0.5);
    for (const auto& [x, y, z] : {std::array{12, 12, 12}, {16, 10, 12}, {5, 19, 7}}) {
      const double dx = 0.5 * (x - 12) - 2, dy = 0.5 * (y - 12) + 1, dz = 0.5 * (z - 12);
      EXPECT_NEAR(field.at(std::size_t(x), std::size_t(y), std::size_t(z)),
                  std::exp(-(dx * dx + dy * dy + dz * dz) / 18), 1e-3);
    }
    EXPECT_EQ(field.at(0, 12, 12), -1);  // the outermost samples close every surface
  }
}

TEST(Field, IsOutsideWhereTheVolumeEnds) {
  const Field field = sample(gaussian(11), 10, 21, 0, 1);
  EXPECT_EQ(field.at(3, 10, 10), 0);
  EXPECT_GT(field.at(12, 9, 10), 0.9);
}

TEST(Field, WantsACube) {
  Volume v{4, 4, 5, std::vector<float>(80), 10};
  EXPECT_THROW(sample(v, 2, 5, 0, 1), UserError);
  EXPECT_THROW(sample({2, 2, 2, std::vector<float>(8), 10}, 2, 5, 0, 1), UserError);  // too small
}

TEST(Field, CountsTheVolumeOfABall) {
  for (const double radius : {6.0, 10.5, 17.2}) {
    const double exact = 4 * std::numbers::pi / 3 * std::pow(radius, 3);
    // A plane's cut is smeared over a width w of up to √3 samples, which adds w²/(4 r²) to a ball.
    EXPECT_NEAR(samples_above(ball(41, radius), 0, 2) / exact, 1, 0.75 / (radius * radius));
  }
  EXPECT_EQ(samples_above(ball(41, 6), 100, 2), 0);
}

TEST(Field, BlendsLinearly) {
  const Field a = ball(11, 2), b = ball(11, 4);
  Field middle;
  blend(a, b, 0.25, middle, 2);
  EXPECT_NEAR(middle.at(3, 5, 5), ball(11, 2.5).at(3, 5, 5), 1e-6);
  blend(a, b, 0, middle, 1);
  EXPECT_EQ(middle.values, a.values);
}

TEST(Field, TellsHowFarItReaches) {
  EXPECT_EQ(reach_above(ball(21, 4.5), 0), 4u);
  EXPECT_EQ(reach_above(ball(21, 4.5), 50), 0u);
}

TEST(Field, SectionsAndProjectionsKeepTheAxes) {
  Field f{5, 1, std::vector<float>(125)};
  f.values[(2 * 5 + 1) * 5 + 3] = 7;               // z 2, y 1, x 3
  f.values[(4 * 5 + 1) * 5 + 3] = 5;               // z 4, the same x and y
  EXPECT_EQ(central_section(f, 2)[1 * 5 + 3], 7);  // rows y, columns x
  EXPECT_EQ(projection(f, 2)[1 * 5 + 3], 12);
  EXPECT_EQ(projection(f, 1)[2 * 5 + 3], 7);  // rows z, columns x
  EXPECT_EQ(projection(f, 1)[4 * 5 + 3], 5);
  EXPECT_EQ(projection(f, 0)[4 * 5 + 1], 5);  // rows z, columns y
  EXPECT_EQ(central_section(f, 0)[4 * 5 + 1], 0);
}

}  // namespace
}  // namespace spi
