// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/band_limit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/random.h"

namespace spi {
namespace {

constexpr std::size_t kSide = 128;

/// |Σ exp|² of scatterers within a disc of diameter `band`: intensities band-limited to `band`
/// cycles per pixel, under an envelope that blurs the band by 1/(2π·30) only.
std::vector<double> speckle(double band, double brightness, std::uint64_t seed) {
  Random random(seed, 1, 0);
  std::vector<std::array<double, 2>> points;
  while (points.size() < 60) {
    const double x = random.uniform() - 0.5, y = random.uniform() - 0.5;
    if (std::hypot(x, y) <= 0.5) points.push_back({x * band, y * band});
  }
  std::vector<double> image;
  for (std::size_t y = 0; y < kSide; ++y)
    for (std::size_t x = 0; x < kSide; ++x) {
      double re = 0, im = 0;
      for (const auto& p : points) {
        const double phase = 2 * std::numbers::pi * (p[0] * double(x) + p[1] * double(y));
        re += std::cos(phase), im += std::sin(phase);
      }
      const double r = std::hypot(double(x) - 63.5, double(y) - 63.5);
      image.push_back(brightness * (re * re + im * im) / 60 * std::exp(-r * r / (2 * 30 * 30)));
    }
  return image;
}

struct Estimate {
  std::optional<double> limit;
  double photon;
};

/// `unit`: value of one photon in the file.
Estimate estimate(double band, double brightness, float unit, const std::vector<float>& weight) {
  std::vector<std::vector<float>> patterns;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Random random(seed, 2, 0);
    auto& image = patterns.emplace_back();
    for (const double rate : speckle(band, brightness, seed))
      image.push_back(unit * float(random.poisson(rate)));
  }
  RadialProfile profile(kSide, kSide, {63.5, 63.5});
  for (const auto& image : patterns) profile.add(image.data(), weight.data());
  BandEstimator estimator(kSide, kSide);
  for (const auto& image : patterns)
    estimator.add(image.data(), weight.data(), profile.image(), profile.envelope());
  return {estimator.limit(), estimator.photon()};
}

TEST(BandEstimator, FindsTheBandAndThePhoton) {
  const std::vector<float> all(kSide * kSide, 1.f);
  std::vector<float> stopped = all;
  for (std::size_t y = 0; y < kSide; ++y)
    for (std::size_t x = 0; x < kSide; ++x)
      if (std::hypot(double(x) - 60, double(y) - 66) < 9 || x == 90) stopped[y * kSide + x] = 0;
  for (const double band : {0.08, 0.15, 0.25})
    for (const double brightness : {5.0, 200.0})
      for (const auto& weight : {all, stopped}) {
        const Estimate found = estimate(band, brightness, 1, weight);
        ASSERT_TRUE(found.limit) << band << " " << brightness;
        // Weak data lose the rim of the band, where few pairs of scatterers lie. The fade is a
        // Gaussian of 2.5 pixels, whose spectrum has σ = 1/(2π·2.5) = 0.064 cycles per pixel: at
        // edges it spreads bright data (10^4 above the plateau) by up to 2σ, weak data by less
        // than 1σ; the noise that this leaves in is small beside such data.
        const bool bright = brightness > 100;
        EXPECT_GT(*found.limit, 0.65 * band) << brightness;
        EXPECT_LT(*found.limit, band + (bright ? 0.13 : 0.06)) << brightness;
        EXPECT_GT(found.photon, 0.9) << band << " " << brightness;
        EXPECT_LT(found.photon, bright ? 1.5 : 1.15) << band << " " << brightness;
      }
}

TEST(BandEstimator, PhotonFollowsTheUnit) {
  const std::vector<float> all(kSide * kSide, 1.f);
  EXPECT_NEAR(estimate(0.15, 50, 20, all).photon, 20, 3);
}

TEST(BandEstimator, FindsNoBandInNoise) {
  const std::vector<float> all(kSide * kSide, 1.f);
  RadialProfile profile(kSide, kSide, {63.5, 63.5});
  std::vector<std::vector<float>> patterns(12);
  for (std::uint64_t i = 0; i < 12; ++i) {
    Random random(i, 3, 0);
    for (std::size_t k = 0; k < kSide * kSide; ++k) patterns[i].push_back(float(random.poisson(3)));
    profile.add(patterns[i].data(), all.data());
  }
  BandEstimator estimator(kSide, kSide);
  for (const auto& image : patterns)
    estimator.add(image.data(), all.data(), profile.image(), profile.envelope());
  EXPECT_FALSE(estimator.limit());
  EXPECT_NEAR(estimator.photon(), 1, 0.1);
}

TEST(BandLimiter, KeepsTheBandAndTakesTheNoise) {
  BandLimiter limiter(kSide, kSide, 0.1);
  Random random(5, 0, 0);
  std::vector<float> signal, noisy, weight(kSide * kSide, 1.f);
  for (const double rate : speckle(0.09, 100, 3)) {
    signal.push_back(float(100 + rate));
    noisy.push_back(float(100 + rate + 10 * random.normal()));
  }
  std::vector<float> filtered = signal;
  limiter.apply(filtered.data(), weight.data());
  limiter.apply(noisy.data(), weight.data());
  double error = 0, power = 0, noise = 0, count = 0;
  for (std::size_t y = 24; y < kSide - 24; ++y)  // borders lack neighbours
    for (std::size_t x = 24; x < kSide - 24; ++x) {
      const std::size_t k = y * kSide + x;
      error += std::pow(filtered[k] - signal[k], 2), power += std::pow(signal[k] - 100, 2);
      noise += std::pow(noisy[k] - filtered[k], 2), count += 1;
    }
  EXPECT_LT(std::sqrt(error / power), 0.03);  // the envelope reaches a little beyond the band
  EXPECT_NEAR(100 * count / noise / limiter.noise_reduction(), 1, 0.25);  // ~150 free values
}

TEST(BandLimiter, FillsSmallHolesOnly) {
  BandLimiter limiter(kSide, kSide, 0.05);
  std::vector<float> image(kSide * kSide, 7.f), weight(kSide * kSide, 2.f);
  const auto hole = [&](std::size_t y0, std::size_t x0, std::size_t side) {
    for (std::size_t y = y0; y < y0 + side; ++y)
      for (std::size_t x = x0; x < x0 + side; ++x)
        image[y * kSide + x] = NAN, weight[y * kSide + x] = 0;
  };
  hole(30, 30, 2);
  hole(70, 70, 40);
  limiter.apply(image.data(), weight.data());
  EXPECT_NEAR(image[30 * kSide + 31], 7, 1e-3);
  EXPECT_FLOAT_EQ(weight[30 * kSide + 31], 2);
  EXPECT_EQ(weight[90 * kSide + 90], 0);
  for (const float x : image) EXPECT_TRUE(std::isfinite(x));
}

}  // namespace
}  // namespace spi
