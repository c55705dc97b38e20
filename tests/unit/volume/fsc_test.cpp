// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/fsc.h"

#include <gtest/gtest.h>

#include "libspi/base/random.h"

namespace spi {
namespace {

constexpr std::size_t kN = 15;

std::vector<float> noise(std::uint64_t seed, double mean = 0) {
  Random random(seed, 0, 0);
  std::vector<float> values(kN * kN * kN);
  for (float& v : values) v = float(mean + random.normal());
  return values;
}

TEST(ShellCorrelation, IsOneOfAVolumeWithItselfAtAnyScale) {
  const auto a = noise(1);
  auto b = a;
  for (float& v : b) v *= 3;
  for (const double c : shell_correlation(a, b, kN)) EXPECT_NEAR(c, 1, 1e-7);
}

TEST(ShellCorrelation, OfSignalPlusEqualNoiseIsAHalf) {
  const auto signal = noise(1), n1 = noise(2), n2 = noise(3);
  auto a = signal, b = signal;
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += n1[i], b[i] += n2[i];
  const auto c = shell_correlation(a, b, kN);
  // Shell 7 has about 4 pi 49 = 616 voxels: the error of a correlation is about 1/sqrt(616) = 0.04.
  EXPECT_NEAR(c[7], 0.5, 0.15);
}

TEST(ShellCorrelation, WithoutTheMeanSeesOnlyTheRest) {
  const auto a = noise(1, 10), b = noise(2, 10);
  EXPECT_GT(shell_correlation(a, b, kN, ShellMean::kept)[7], 0.9);
  EXPECT_LT(std::abs(shell_correlation(a, b, kN, ShellMean::removed)[7]), 0.2);
  const std::vector<float> flat(kN * kN * kN, 2.f);
  EXPECT_EQ(shell_correlation(flat, flat, kN, ShellMean::removed)[5], 0);
}

TEST(ShellCorrelation, OfComplexVolumesTurnsWithThePhase) {
  const auto re = noise(1), im = noise(2);
  std::vector<std::complex<float>> a, b;
  for (std::size_t i = 0; i < re.size(); ++i) {
    a.emplace_back(re[i], im[i]);
    b.push_back(a.back() * std::polar(1.f, 1.0471976f));  // a sixth of a turn: cos is 1/2
  }
  for (const double c : shell_correlation(std::span<const std::complex<float>>(a), b, kN))
    EXPECT_NEAR(c, 0.5, 1e-6);
}

TEST(Crossing, LiesBetweenTheShellsAroundTheThreshold) {
  EXPECT_DOUBLE_EQ(crossing(std::vector{1., 1., 0.75, 0.25, 0.}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(crossing(std::vector{1., 0.9, 0.8}, 0.5), 2);
  EXPECT_DOUBLE_EQ(crossing(std::vector{1., 0.3, 0.8}, 0.5), 1);
}

TEST(Fsc, AgreementEndsWhereItEndsForGood) {
  EXPECT_DOUBLE_EQ(last_crossing(std::vector{1., 1., 0.75, 0.25, 0.}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(last_crossing(std::vector{1., 0.9, 0.8}, 0.5), 2);
  EXPECT_DOUBLE_EQ(last_crossing(std::vector{1., 0.1, 0.2, 0.1}, 0.5), 1);
  // shells that are nearly isotropic, and a chance agreement among noise
  EXPECT_DOUBLE_EQ(last_crossing(std::vector{1., 0.2, 0.9, 0.9, 0.9, 0., 0.1, 0.6, 0.}, 0.5),
                   4 + 0.4 / 0.9);
  EXPECT_DOUBLE_EQ(crossing(std::vector{1., 0.2, 0.9, 0.9, 0.9, 0., 0.1, 0.6, 0.}, 0.5), 1);
}

}  // namespace
}  // namespace spi
