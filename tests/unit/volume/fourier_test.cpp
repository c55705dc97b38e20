// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/fourier.h"

#include <gtest/gtest.h>

#include <numbers>

#include "libspi/base/random.h"
#include "tests/unit/volume/blobs.h"

namespace spi {
namespace {

std::vector<float> noise(std::size_t n) {
  Random random(1, 0, 0);
  std::vector<float> values(n * n * n);
  for (float& v : values) v = float(random.normal());
  return values;
}

/// The definition, for one frequency.
std::complex<double> slow(const std::vector<float>& f, std::size_t n, const Vector3& k) {
  std::complex<double> sum;
  const auto c = double(n / 2);
  for (std::size_t z = 0, i = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x, ++i)
        sum += double(f[i]) * std::polar(1.0, -2 * std::numbers::pi *
                                                  (k[0] * (double(x) - c) + k[1] * (double(y) - c) +
                                                   k[2] * (double(z) - c)) /
                                                  double(n));
  return sum;
}

TEST(Fourier, IsTheSumAboutTheCentreVoxel) {
  for (const std::size_t n : {7, 8}) {
    const auto f = noise(n);
    const Spectrum3 spectrum = centred_transform(f, n);
    const auto c = double(n / 2);
    for (const std::size_t i : {std::size_t(0), n * n * n / 3, n * n * n - 1}) {
      const Vector3 k{double(i % n) - c, double(i / n % n) - c, double(i / (n * n)) - c};
      // Single precision: 1e-7 of the norm of f, which is about sqrt(512) = 23.
      EXPECT_LT(std::abs(slow(f, n, k) - std::complex<double>(spectrum[i])), 2e-5);
    }
    const auto back = centred_inverse(spectrum, n);
    for (std::size_t i = 0; i < f.size(); ++i) EXPECT_NEAR(back[i], f[i], 1e-5);
  }
}

TEST(Fourier, ResizedAndResampledKeepASmoothObject) {
  const auto coarse = density_of(lopsided(), 40), fine = density_of(lopsided(), 60);
  const auto resized = fourier_resized(coarse, 40, 60),
             matrix = resampled(coarse, 40, 60, 2. / 3, 2);
  // The balls' transforms have fallen to exp(-2 (pi 0.03·20)²) = 8e-4 of the narrowest one's at the
  // coarse grid's last frequency, and there are few of those.
  for (std::size_t i = 0; i < fine.size(); ++i) {
    ASSERT_NEAR(resized[i], fine[i], 4e-3);
    ASSERT_NEAR(matrix[i], fine[i], 4e-3);
  }
}

TEST(Fourier, ResampledOutsideOfTheCubeIsZero) {
  const std::vector<float> ones(5 * 5 * 5, 1.f);
  const auto wide = resampled(ones, 5, 9, 1, 1);
  EXPECT_NEAR(wide[(4 * 9 + 4) * 9 + 4], 1, 1e-6);
  EXPECT_EQ(wide[0], 0);
}

TEST(SplineVolume, HitsItsVoxelsAndItsGradientIsItsSlope) {
  constexpr std::size_t kN = 9;
  const auto f = noise(kN);
  const SplineVolume spline(f, kN, 1);
  for (std::size_t z = 0, i = 0; z < kN; ++z)
    for (std::size_t y = 0; y < kN; ++y)
      for (std::size_t x = 0; x < kN; ++x, ++i)
        ASSERT_NEAR(spline.at({double(x) - 4, double(y) - 4, double(z) - 4}), f[i], 1e-5);
  EXPECT_FALSE(spline.contains({4.1, 0, 0}));
  const Vector3 p{0.3, -2.2, 3.6};
  const auto [value, dx, dy, dz] = spline.with_gradient(p);
  EXPECT_NEAR(value, spline.at(p), 1e-6);
  const double slopes[] = {dx, dy, dz};
  for (std::size_t k = 0; k < 3; ++k) {
    Vector3 low = p, high = p;
    low[k] -= 0.02, high[k] += 0.02;
    // The third derivative of a spline through unit noise is of order 10: 0.02² 10/6.
    EXPECT_NEAR(slopes[k], (spline.at(high) - spline.at(low)) / 0.04, 2e-3);
  }
}

TEST(MovedDensity, IsTheObjectWrittenDownElsewhere) {
  constexpr std::size_t kN = 41;
  Random random(5, 0, 0);
  const RigidMotion motion{
      .rotation = random_rotation(random), .shift = {2.3, -1, 0.6}, .inverted = true};
  const auto expected = density_of(lopsided(), kN, motion);
  const auto found = moved_density(density_of(lopsided(), kN), kN, motion, 2);
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(found[i], expected[i], 4e-3);
}

}  // namespace
}  // namespace spi
