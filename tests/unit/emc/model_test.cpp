// SPDX-License-Identifier: GPL-3.0-or-later
// What is made of the sums over voxels: the limit of the autocorrelation, pseudo-symmetries.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/random.h"
#include "libspi/emc/autocorrelation_limit.h"
#include "libspi/emc/model_symmetry.h"

namespace spi {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr std::size_t kSize = 49;

/// W = 1 + Σ a cos(2π k·q): the autocorrelation of a particle with points at ±k, in parts of the
/// field of view.
struct Waves {
  std::vector<Vector3> k;
  std::vector<double> amplitude;

  double at(const Vector3& q) const {
    double sum = 1;
    for (std::size_t j = 0; j < k.size(); ++j)
      sum += amplitude[j] *
             std::cos(2 * std::numbers::pi * (k[j][0] * q[0] + k[j][1] * q[1] + k[j][2] * q[2]));
    return std::max(sum, 0.02);
  }
};

Waves waves(std::size_t count, double longest, std::uint64_t seed) {
  Waves set;
  for (std::size_t j = 0; j < count; ++j) {
    Random random(seed, 0, j);
    Vector3 k{random.normal(), random.normal(), random.normal()};
    const double length = std::sqrt(k[0] * k[0] + k[1] * k[1] + k[2] * k[2]);
    for (double& x : k) x *= longest * std::cbrt(random.uniform()) / length;
    set.k.push_back(k);
    set.amplitude.push_back(0.3 * std::sqrt(2 / double(count)));
  }
  return set;
}

Vector3 place(std::size_t v) {
  const double centre = kSize / 2;
  return {double(v % kSize) - centre, double(v / kSize % kSize) - centre,
          double(v / (kSize * kSize)) - centre};
}

double length(const Vector3& p) { return std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]); }

constexpr double kReach = 21;

/// Visits of voxels at random, of an exposure that falls steeply; photons of W with Poisson's noise
/// or without.
HalfSums sums_of(const Waves& set, double level, bool noise) {
  HalfSums sums;
  for (std::size_t half = 0; half < 2; ++half)
    for (std::size_t v = 0; v < kSize * kSize * kSize; ++v) {
      Random random(11, half, v);
      const Vector3 q = place(v);
      const double r = length(q);
      const double fall = level * std::pow(10 / (r + 5), 3);
      const double seen = r < kReach ? fall * double(random.poisson(9)) / 9 : 0;
      const double expected = seen * set.at(q);
      sums.exposure[half].push_back(seen);
      sums.photons[half].push_back(noise ? double(random.poisson(expected)) : expected);
    }
  return sums;
}

/// Root of the mean square error of the even half's rates up to a radius.
double error_of(const HalfSums& sums, const Waves& set, double radius) {
  double sum = 0, count = 0;
  for (std::size_t v = 0; v < kSize * kSize * kSize; ++v) {
    if (length(place(v)) > radius || !(sums.exposure[0][v] > 0)) continue;
    sum += std::pow(sums.photons[0][v] / sums.exposure[0][v] - set.at(place(v)), 2), ++count;
  }
  return std::sqrt(sum / count);
}

TEST(AutocorrelationLimit, KeepsTheSignalAndFindsWhereItEnds) {
  const AutocorrelationLimit limit(kSize);
  const Waves set = waves(200, 0.12, 3);
  const std::vector<double> all(kSize / 2 + 1, 1.);
  HalfSums noisy = sums_of(set, 10, true);
  const auto radius = limit.find(noisy, all, 2);
  ASSERT_TRUE(radius);
  // The transform of a ball of 21 voxels resolves 1/42 of the field of view.
  EXPECT_NEAR(*radius, 0.12, 0.024);
  const double before = error_of(noisy, set, kReach - 1);
  limit.apply(noisy, *radius, 2);
  // The outermost shell is seen by half and stays. The sphere of 1.15 radii on average is 1/90 of
  // the spectrum, its noise 1/9; some signal is cut.
  EXPECT_LT(error_of(noisy, set, kReach - 1), before / 4);

  // Without noise nothing is lost but at the rim, where the surroundings lie on one side.
  HalfSums clean = sums_of(set, 10, false);
  limit.apply(clean, 0.15, 2);
  EXPECT_LT(error_of(clean, set, kReach - 4), 0.1 * error_of(clean, waves(1, 0, 3), kReach - 4));
}

TEST(AutocorrelationLimit, HoldsToTheBorderOfTheCube) {
  // Under groups whose rotations do not map the grid onto itself, voxels at the border are seen
  // too.
  HalfSums even;
  for (std::size_t half = 0; half < 2; ++half) {
    even.exposure[half].assign(kSize * kSize * kSize, 30.);
    even.photons[half].assign(kSize * kSize * kSize, 60.);
  }
  AutocorrelationLimit(kSize).apply(even, 0.15, 1);
  for (std::size_t v = 0; v < kSize * kSize * kSize; ++v)
    ASSERT_NEAR(even.photons[0][v], 2 * even.exposure[0][v], 1e-3 * even.exposure[0][v]) << v;
}

TEST(AutocorrelationLimit, FindsNoneWhereHalvesAgreeEverywhere) {
  const AutocorrelationLimit limit(kSize);
  HalfSums same = sums_of(waves(200, 0.12, 3), 10, true);
  same.photons[1] = same.photons[0];
  same.exposure[1] = same.exposure[0];
  EXPECT_FALSE(limit.find(same, std::vector<double>(kSize / 2 + 1, 1.), 1));
}

Cube cube_of(const Waves& set) {
  Cube cube(kSize);
  for (std::size_t v = 0; v < cube.values.size(); ++v) cube.values[v] = float(set.at(place(v)));
  return cube;
}

TEST(PseudoSymmetry, IsFoundInAModelThatIsNearlyItself) {
  const Quaternion g = from_axis_angle({0.3, 0.9, -0.4}, std::numbers::pi);
  Waves set = waves(60, 0.12, 5);
  for (std::size_t j = 0; j < 45; ++j) {  // a quarter of the waves has no partner
    set.k.push_back(rotate(g, set.k[j]));
    set.amplitude.push_back(set.amplitude[j]);
  }
  const PointGroup none = point_group("C1");
  const auto found = pseudo_symmetries(cube_of(set), none, 18, 5, 2);
  ASSERT_EQ(found.size(), 1u);
  // A degree is a third of a voxel at 18 voxels, where a fringe has eight.
  EXPECT_LT(misorientation_rad(none, found[0], g), 2 * kDegree);
  EXPECT_TRUE(pseudo_symmetries(cube_of(waves(60, 0.12, 6)), none, 18, 5, 2).empty());
  // Nothing can be told of a few voxels.
  EXPECT_TRUE(pseudo_symmetries(cube_of(set), none, 1.9, 5, 2).empty());
  EXPECT_EQ(pseudo_symmetries(cube_of(set), none, 18, 5, 1), found);
}

}  // namespace
}  // namespace spi
