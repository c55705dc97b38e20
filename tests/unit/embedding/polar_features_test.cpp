// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/polar_features.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/random.h"
#include "libspi/embedding/landscape.h"
#include "tests/unit/commonline/memory_stack.h"
#include "tests/unit/folder.h"

namespace spi {
namespace {

constexpr std::size_t kSize = 101;
constexpr double kPi = std::numbers::pi;

/// A centrally symmetric pattern of orders 0, 2 and 6, turned by an angle.
double pattern(double r, double phi, double turn) {
  return std::exp(-r / 15) * (2 + std::cos(2 * (phi - turn)) * std::sin(r / 6) +
                              0.5 * std::cos(6 * (phi - turn) + r / 9));
}

/// Pixels of a pattern whose radii are scaled by `zoom`.
std::vector<float> draw(double turn, std::size_t size = kSize, double zoom = 1, double gain = 1) {
  std::vector<float> image;
  const double middle = double(size / 2);
  for (std::size_t y = 0; y < size; ++y)
    for (std::size_t x = 0; x < size; ++x) {
      const double dx = double(x) - middle, dy = double(y) - middle;
      image.push_back(float(gain * pattern(std::hypot(dx, dy) * zoom, std::atan2(dy, dx), turn)));
    }
  return image;
}

StackInfo info(std::size_t size = kSize) {
  StackInfo info;
  info.count = 1;
  info.rows = info.columns = size;
  info.is_average = true;
  return info;
}

PolarFeatureSettings settings(Transform transform = Transform::none) {
  PolarFeatureSettings s{.rows = kSize,
                         .columns = kSize,
                         .q_per_pixel = std::nullopt,
                         .r_min = 10,
                         .step = 2,
                         .angles = 64,
                         .band_limit = 0.1,
                         .transform = transform,
                         .offset = transform == Transform::none ? 0 : 1e-3,
                         .circle_mean = {},
                         .ring_noise = {}};
  for (double r = 10; r <= 45; ++r) s.circle_mean.push_back(2 * std::exp(-r / 15));
  return s;
}

std::vector<float> features_of(const PolarFeatures& features, const std::vector<float>& image,
                               std::vector<float> weight = {}) {
  if (weight.empty()) weight.assign(image.size(), 1.f);
  std::vector<float> out(features.size());
  features.compute(image.data(), weight.data(), out.data());
  return out;
}

double difference(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0, norm = 0;
  for (std::size_t k = 0; k < a.size(); ++k)
    sum += std::pow(a[k] - b[k], 2), norm += double(a[k]) * a[k];
  return std::sqrt(sum / norm);
}

TEST(PolarFeatures, AreTheMagnitudesOfTheAngularSeries) {
  const PolarFeatureSettings s = settings();
  const PolarFeatures features(s, info(), {50, 50});
  const auto found = features_of(features, draw(0.3));
  std::size_t k = 0;
  for (std::size_t ring = 0; ring < s.rings(); ++ring) {
    const double r = s.ring_radius(ring);
    for (std::size_t order = 0; order <= s.highest_order(ring); order += 2, ++k) {
      const double expected = order == 0   ? 1
                              : order == 2 ? 0.25 * std::abs(std::sin(r / 6))
                              : order == 6 ? 0.125
                                           : 0;
      // Bilinear interpolation flattens what is a few pixels wide: order 6 at radius 10 has a
      // period of 10 pixels, of which it takes (π/10)²/4 = 2.5 %, and pooled rings as much again.
      EXPECT_NEAR(found[k], expected, 0.05 * expected + 0.006)
          << "radius " << r << " order " << order;
    }
  }
  EXPECT_EQ(k, found.size());
}

TEST(PolarFeatures, OrdersEndAtTheBandLimit) {
  const PolarFeatureSettings s = settings();
  for (std::size_t ring = 0; ring < s.rings(); ++ring) {
    EXPECT_EQ(s.highest_order(ring) % 2, 0u);
    EXPECT_LE(double(s.highest_order(ring)), 2 * kPi * s.ring_radius(ring) * s.band_limit);
    EXPECT_GT(double(s.highest_order(ring)) + 2, 2 * kPi * s.ring_radius(ring) * s.band_limit);
  }
}

TEST(PolarFeatures, DoNotKnowRotationNorBrightness) {
  for (const Transform transform : {Transform::none, Transform::sqrt, Transform::log}) {
    const PolarFeatures features(settings(transform), info(), {50, 50});
    const auto upright = features_of(features, draw(0));
    for (const double turn : {0.1, 0.77, 2.0})  // interpolation differs: a part in a hundred
      EXPECT_LT(difference(upright, features_of(features, draw(turn))), 0.01);
    EXPECT_LT(difference(upright, features_of(features, draw(0, kSize, 1, 37))), 1e-5);
  }
}

TEST(PolarFeatures, BridgeWhatIsNotMeasured) {
  const PolarFeatures features(settings(), info(), {50, 50});
  const auto image = draw(0.4);
  const auto whole = features_of(features, image);
  const auto masked = [&](auto hide) {
    std::vector<float> weight(image.size(), 1.f), blind = image;
    for (std::size_t y = 0; y < kSize; ++y)
      for (std::size_t x = 0; x < kSize; ++x)
        if (hide(double(x) - 50, double(y) - 50)) {
          weight[y * kSize + x] = 0;
          blind[y * kSize + x] = 1e6f;
        }
    return features_of(features, blind, weight);
  };
  // The opposite pixels say the same; pixels of the border weigh a little less.
  EXPECT_LT(difference(whole, masked([](double x, double y) { return x > 0 && y > 0; })), 0.01);
  // A strip through the centre is bridged.
  EXPECT_LT(difference(whole, masked([](double, double y) { return std::abs(y) < 1.5; })), 0.03);
  // Rings that are covered say nothing, the others stay what they were.
  const auto stop = masked([](double x, double y) { return std::hypot(x, y) < 20; });
  const PolarFeatureSettings s = settings();
  std::size_t k = 0;
  for (std::size_t ring = 0; ring < s.rings(); ++ring)
    for (std::size_t order = 0; order <= s.highest_order(ring); order += 2, ++k) {
      EXPECT_EQ(std::isnan(stop[k]), s.ring_radius(ring) < 19) << s.ring_radius(ring);
    }
}

TEST(PolarFeatures, AreTheSameOnOtherPixelsOfKnownQ) {
  PolarFeatureSettings s = settings();
  s.q_per_pixel = 2e-4;
  StackInfo coarse = info(), fine = info(203);
  coarse.q_per_pixel = 2e-4;
  fine.q_per_pixel = 1e-4;
  const auto a = features_of(PolarFeatures(s, coarse, {50, 50}), draw(0.2));
  const auto b = features_of(PolarFeatures(s, fine, {101, 101}), draw(0.2, 203, 0.5));
  EXPECT_LT(difference(a, b), 0.02);  // interpolation between coarse pixels, as above
}

TEST(PolarFeatures, RefuseAnotherGeometry) {
  PolarFeatureSettings s = settings();
  EXPECT_NO_THROW(PolarFeatures(s, info(), {50, 50}));
  test::expect_error([&] { PolarFeatures(s, info(99), {49, 49}); }, {"101 x 101"});
  s.q_per_pixel = 2e-4;
  test::expect_error([&] { PolarFeatures(s, info(99), {49, 49}); }, {"q of a pixel"});
  StackInfo narrow = info();
  narrow.q_per_pixel = 3e-4;  // the circles need fewer pixels
  EXPECT_NO_THROW(PolarFeatures(s, narrow, {50, 50}));
  narrow.q_per_pixel = 1e-4;  // or more than there are
  test::expect_error([&] { PolarFeatures(s, narrow, {50, 50}); }, {"up to radius 90"});
}

/// Patterns with photon noise, of two kinds.
void fill(MemoryStack& stack, std::size_t count, double photons) {
  for (std::size_t i = 0; i < count; ++i) {
    Random random(5, 1, i);
    std::vector<float> image = draw(6 * random.uniform(), kSize, i % 2 ? 1 : 1.1, photons);
    for (float& x : image) x = float(random.poisson(x));
    stack.add(image);
  }
  stack.mutable_info().centre = {50., 50.};
}

TEST(PolarFeatureSettings, NoiseIsThatOfThePhotons) {
  MemoryStack stack(kSize, kSize, true);
  fill(stack, 40, 20);
  PolarFeatureOptions options;
  options.r_min = 10;
  options.r_max = 45;
  options.band_limit = 0.1;
  const PolarFeatureSettings s = polar_feature_settings(stack, options, 2, silent_monitor());
  for (std::size_t ring = 2; ring + 2 < s.rings(); ++ring) {
    // Of N photons on a ring, the Fourier coefficients over their mean have the variance 1/N. Half
    // of the photons of a window of ±step count, the others less: between one and two rings' worth.
    const double r = s.ring_radius(ring);
    const double photons = s.circle_mean[ring * s.step] * 2 * kPi * r * double(s.step);
    EXPECT_GT(s.ring_noise[ring] * photons, 0.3) << r;
    EXPECT_LT(s.ring_noise[ring] * photons, 1.5) << r;
  }
}

TEST(PolarFeatureSettings, DoNotDependOnThreads) {
  MemoryStack stack(kSize, kSize, true);
  fill(stack, 30, 20);
  const auto one = polar_feature_settings(stack, {}, 1, silent_monitor());
  const auto three = polar_feature_settings(stack, {}, 3, silent_monitor());
  EXPECT_EQ(one.circle_mean, three.circle_mean);
  EXPECT_EQ(one.ring_noise, three.ring_noise);
}

TEST(FeatureScale, LeavesOutWhatIsNoise) {
  PolarFeatureSettings s = settings();
  s.ring_noise.assign(s.rings(), 1e-2);
  FeatureTable table{200, s.size(), std::vector<float>(200 * s.size())};
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < table.rows; ++row) {
    rows.push_back(row);
    Random random(1, 2, row);
    for (std::size_t k = 0; k < table.columns; ++k)  // feature 3 varies, the others are noise
      table.values[row * table.columns + k] =
          float(0.05 * random.normal() + (k == 3 ? 1 + random.normal() : 0));
  }
  table.values[3] = std::numeric_limits<float>::quiet_NaN();
  const FeatureScale scale(s, table, rows);
  ASSERT_EQ(scale.column, std::vector<std::uint32_t>{3});
  const FeatureTable scaled = scale.apply(table);
  EXPECT_EQ(scaled.values[0], 0);  // the mean, where nothing was measured
  double sum = 0, squares = 0;
  for (const float x : scaled.values) sum += x, squares += x * x;
  EXPECT_NEAR(sum / 200, 0, 0.01);
  EXPECT_NEAR(squares / 200, std::pow(1 - 4 * 0.005 / 1, 2), 0.15);  // reliability; variance ±10 %
}

TEST(Coordinates, MatchById) {
  const Coordinates points{
      .rows = 3, .components = 1, .id = {10, 20, 30}, .values = {1, 2, 3}, .map = {}};
  EXPECT_EQ(match_ids(points, {30, 10, 20}, "l.h5", "a.h5"), (std::vector<std::size_t>{2, 0, 1}));
  EXPECT_EQ(rows_of(points, {2, 0}).values, (std::vector<double>{3, 1}));
  EXPECT_THROW(match_ids(points, {30, 10, 21}, "l.h5", "a.h5"), UserError);
  EXPECT_THROW(match_ids(points, {30, 10}, "l.h5", "a.h5"), UserError);
  EXPECT_THROW(match_ids(points, {30, 10, 10}, "l.h5", "a.h5"), UserError);
}

}  // namespace
}  // namespace spi
