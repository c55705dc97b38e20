// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/random.h"
#include "libspi/polar/centre.h"
#include "libspi/polar/polar_grid.h"

namespace spi {
namespace {

TEST(PolarGrid, HasRingsOfUnitSpacing) {
  const PolarGrid grid = unit_spaced_grid(2.5, 6.4, 8);
  EXPECT_EQ(grid.radii_px, (std::vector<double>{2.5, 3.5, 4.5, 5.5}));
  EXPECT_THROW(unit_spaced_grid(0, -3, 8), UserError);  // of a centre outside
}

TEST(PolarSampler, IsExactForLinearImages) {
  constexpr std::size_t kRows = 41, kColumns = 51;
  std::vector<float> image, weight(kRows * kColumns, 1.f);
  for (std::size_t y = 0; y < kRows; ++y)
    for (std::size_t x = 0; x < kColumns; ++x)
      image.push_back(float(2 * double(x) - 3 * double(y)));
  const PolarGrid grid = unit_spaced_grid(1, 19, 16);
  const PolarSampler sampler(grid, kRows, kColumns, {24.3, 20.2});
  std::vector<float> value(grid.size()), value_weight(grid.size());
  sampler.sample(image.data(), weight.data(), value.data(), value_weight.data());
  for (std::size_t r = 0; r < grid.rings(); ++r)
    for (std::size_t t = 0; t < 16; ++t) {
      const double angle = 2 * std::numbers::pi * double(t) / 16, radius = grid.radii_px[r];
      const double x = 24.3 + radius * std::cos(angle), y = 20.2 + radius * std::sin(angle);
      // float32 of values up to 200: 200 · 2^-23, times four terms
      EXPECT_NEAR(value[r * 16 + t], 2 * x - 3 * y, 2e-4);
      EXPECT_NEAR(value_weight[r * 16 + t], 1, 1e-6);
    }
}

TEST(PolarSampler, LeavesOutWhatIsNotMeasured) {
  std::vector<float> image(100, 7.f), weight(100, 1.f);
  for (std::size_t y = 0; y < 10; ++y)
    for (std::size_t x = 6; x < 10; ++x) image[y * 10 + x] = NAN, weight[y * 10 + x] = 0;
  const PolarGrid grid = unit_spaced_grid(1, 8, 4);
  const PolarSampler sampler(grid, 10, 10, {4, 4});
  std::vector<float> value(grid.size()), value_weight(grid.size());
  sampler.sample(image.data(), weight.data(), value.data(), value_weight.data());
  EXPECT_FLOAT_EQ(value[0], 7);  // (5, 4): measured
  EXPECT_GT(value_weight[0], 0);
  EXPECT_EQ(value_weight[1 * 4 + 0], 0);  // (6, 4): masked
  EXPECT_EQ(value_weight[7 * 4 + 1], 0);  // (4, 12): outside
  for (const float v : value) EXPECT_TRUE(std::isfinite(v));
}

/// Friedel-symmetric speckle about `centre` with Poisson noise of the given mean.
std::vector<float> speckle(std::size_t rows, std::size_t columns, std::array<double, 2> centre,
                           double photons, std::uint64_t seed) {
  Random random(seed, 0, 0);
  std::vector<std::array<double, 3>> waves;
  for (int k = 0; k < 12; ++k)
    waves.push_back({random.normal() * 0.25, random.normal() * 0.25, random.uniform()});
  std::vector<float> image;
  for (std::size_t y = 0; y < rows; ++y)
    for (std::size_t x = 0; x < columns; ++x) {
      const double dx = double(x) - centre[0], dy = double(y) - centre[1];
      double amplitude = 0;
      for (const auto& [kx, ky, a] : waves) amplitude += a * std::cos(kx * dx + ky * dy);
      const double rate = amplitude * amplitude * std::exp(-(dx * dx + dy * dy) / 900);
      image.push_back(float(random.poisson(photons * rate)));
    }
  return image;
}

TEST(CentreFinder, FindsTheCentreBehindABeamStop) {
  for (const std::array<double, 2> centre : {std::array{31.5, 31.5}, {28.0, 36.5}, {35.3, 30.2}}) {
    std::vector<float> weight(64 * 70, 1.f);
    for (std::size_t y = 0; y < 64; ++y)
      for (std::size_t x = 0; x < 70; ++x)
        if (std::hypot(double(x) - 30, double(y) - 33) < 6 || x == 45) weight[y * 70 + x] = 0;
    CentreFinder finder(64, 70);
    for (std::uint64_t seed = 0; seed < 4; ++seed)
      finder.add(speckle(64, 70, centre, 20, seed).data(), weight.data());
    const FriedelCentre found = finder.find();
    // The grid of candidates is half a pixel; the parabola must not make it worse than that.
    EXPECT_NEAR(found.position[0], centre[0], 0.25);
    EXPECT_NEAR(found.position[1], centre[1], 0.25);
    EXPECT_GT(found.correlation, 0.5);
  }
}

/// A mask read the wrong way round leaves a few pixels, one of them far brighter than all others:
/// where it has no partner, what the others vary by is less than the rounding of the transforms.
TEST(CentreFinder, CorrelationIsAtMostOneWhereFewPixelsAreMeasured) {
  constexpr std::size_t kSide = 64;
  std::vector<float> image(kSide * kSide), weight(kSide * kSide);
  for (std::size_t k = 0; k < image.size(); ++k) {
    Random random(3, 0, k);
    image[k] = float(random.uniform());
    weight[k] = random.uniform() < 0.03;
  }
  image[20 * kSide + 20] = 1e9f, weight[20 * kSide + 20] = 1;
  CentreFinder finder(kSide, kSide);
  finder.add(image.data(), weight.data());
  try {
    EXPECT_LE(finder.find().correlation, 1);
  } catch (const UserError&) {  // no symmetry is as good an answer
  }
}

TEST(CentreFinder, RefusesPatternsWithoutContrastAndTinyOnes) {
  CentreFinder finder(32, 32);
  const std::vector<float> flat(32 * 32, 1.f);
  finder.add(flat.data(), flat.data());
  EXPECT_THROW(finder.find(), UserError);
  EXPECT_THROW(CentreFinder(2, 32), UserError);
  EXPECT_THROW(CentreFinder(32, 1), UserError);
  const std::vector<float> peak{0, 0, 0, 0, 9, 0, 0, 0, 0}, all(9, 1.f);
  CentreFinder least(3, 3);  // looks at every pixel beside its candidates
  least.add(peak.data(), all.data());
  EXPECT_NEAR(least.find().position[0], 1, 0.25);
}

}  // namespace
}  // namespace spi
