// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/volume_fsc.h"

#include <gtest/gtest.h>

#include <numbers>

#include "libspi/volume/fourier.h"
#include "tests/unit/volume/blobs.h"

namespace spi {
namespace {

constexpr double kVoxel = 5;  // Å

NamedVolume named(std::vector<float> values, std::size_t n, Quantity quantity = Quantity::density,
                  double voxel = kVoxel) {
  return {"v.h5", {n, n, n, std::move(values), voxel}, quantity};
}

std::vector<float> noise(std::size_t n, std::uint64_t seed) {
  Random random(seed, 0, 0);
  std::vector<float> values(n * n * n);
  for (float& v : values) v = float(random.normal());
  return values;
}

VolumeFsc compare(const NamedVolume& a, const NamedVolume& b, FscOptions options = {},
                  Alignment align = Alignment::none) {
  options.align.align = align;
  return volume_fsc(a, b, {}, options, 2, silent_monitor());
}

/// The definition (M11), shell by shell over all voxels.
std::vector<double> slow_fsc(const std::vector<float>& a, const std::vector<float>& b,
                             std::size_t n) {
  const Spectrum3 fa = centred_transform(a, n), fb = centred_transform(b, n);
  std::vector<double> curve;
  for (std::size_t shell = 1; shell <= n / 2; ++shell) {
    std::complex<double> ab = 0;
    double aa = 0, bb = 0;
    for (std::size_t i = 0; i < fa.size(); ++i) {
      const auto c = double(n / 2);
      const double q =
          std::sqrt(std::pow(double(i % n) - c, 2) + std::pow(double(i / n % n) - c, 2) +
                    std::pow(double(i / (n * n)) - c, 2));
      if (q < double(shell) - 0.5 || q >= double(shell) + 0.5) continue;
      ab += std::complex<double>(fa[i]) * std::conj(std::complex<double>(fb[i]));
      aa += std::norm(fa[i]);
      bb += std::norm(fb[i]);
    }
    curve.push_back(ab.real() / std::sqrt(aa * bb));
  }
  return curve;
}

TEST(VolumeFsc, IsTheDefinitionOnShellsInReciprocalAngstroms) {
  constexpr std::size_t kN = 20;
  const auto a = noise(kN, 1);
  auto b = noise(kN, 2);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] += a[i];
  const VolumeFsc fsc = compare(named(a, kN), named(b, kN));
  const auto expected = slow_fsc(a, b, kN);
  ASSERT_EQ(fsc.correlation.size(), expected.size());
  for (std::size_t s = 0; s < expected.size(); ++s) {
    EXPECT_NEAR(fsc.correlation[s], expected[s], 1e-6);  // single precision transforms, both
    EXPECT_NEAR(fsc.q[s], double(s + 1) / (kN * kVoxel), 1e-12);
  }
}

TEST(VolumeFsc, OfIdenticalIsOneAndOfNoiseNothing) {
  constexpr std::size_t kN = 32;
  const auto a = noise(kN, 1), b = noise(kN, 2);
  const VolumeFsc same = compare(named(a, kN), named(a, kN));
  for (const double c : same.correlation) EXPECT_NEAR(c, 1, 1e-6);
  for (const Resolution& r : same.resolution) {
    EXPECT_TRUE(r.beyond);
    EXPECT_NEAR(r.q.value(), 0.5 / kVoxel, 1e-12);  // Nyquist
  }
  const VolumeFsc other = compare(named(a, kN), named(b, kN));
  // The transforms of real noise are alike at k and -k: a shell has voxels/2 independent complex
  // numbers, the real part of whose mean product has the variance 1/voxels. Five sigmas.
  for (std::size_t s = 0; s < other.q.size(); ++s)
    EXPECT_LT(std::abs(other.correlation[s]), 5 / std::sqrt(double(other.voxels[s])));
}

TEST(VolumeFsc, FindsTheResolutionOfALowPass) {
  constexpr std::size_t kN = 48;
  constexpr double kCut = 11.5;  // shells
  const auto a = noise(kN, 1), other = noise(kN, 2);
  // The same transform inside the cut, an independent one outside.
  Spectrum3 fa = centred_transform(a, kN), fb = centred_transform(other, kN);
  for (std::size_t i = 0; i < fa.size(); ++i) {
    const auto c = double(kN / 2);
    const double q =
        std::hypot(double(i % kN) - c, double(i / kN % kN) - c, double(i / (kN * kN)) - c);
    if (q < kCut) fb[i] = fa[i];
  }
  const VolumeFsc fsc = compare(named(a, kN), named(centred_inverse(fb, kN), kN));
  // Shell 11 is all inside, shell 12 all outside: 1, then 0 up to noise of 1/√1800. Linear between.
  EXPECT_NEAR(fsc.resolution[0].q.value(), 11.5 / (kN * kVoxel), 0.1 / (kN * kVoxel));
  EXPECT_NEAR(fsc.resolution[1].q.value(), 11.857 / (kN * kVoxel), 0.1 / (kN * kVoxel));
  EXPECT_FALSE(fsc.resolution[0].beyond);
}

TEST(VolumeFsc, OfAMovedDensityIsOneAfterAlignment) {
  constexpr std::size_t kN = 40;
  Random random(1, 0, 0);
  const RigidMotion motion{
      .rotation = random_rotation(random), .shift = {2.5, -1.2, 3.1}, .inverted = true};
  const auto a = density_of(lopsided(), kN, motion), b = density_of(lopsided(), kN);
  EXPECT_LT(compare(named(a, kN), named(b, kN)).correlation[5], 0.9);
  const VolumeFsc fsc = compare(named(a, kN), named(b, kN), {}, Alignment::rigid);
  // Up to where the balls' transforms fall to 1e-3 of their peak and the aliases of sampling and
  // the 0.2 % of the spline begin to count: 14 of 20 shells.
  for (std::size_t s = 0; s < 14; ++s) EXPECT_GT(fsc.correlation[s], 0.99) << s;
  EXPECT_TRUE(fsc.aligned.motion.inverted);
}

TEST(VolumeFsc, ComparesIntensitiesByTheirRoots) {
  constexpr std::size_t kN = 9;
  auto a = noise(kN, 1), b = noise(kN, 2);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] *= a[i], b[i] *= b[i];
  const VolumeFsc fsc =
      compare(named(a, kN, Quantity::intensity), named(b, kN, Quantity::intensity));
  auto root_a = a, root_b = b;
  for (std::size_t i = 0; i < a.size(); ++i) {
    root_a[i] = std::sqrt(a[i]);
    root_b[i] = std::sqrt(b[i]);
  }
  const auto expected = shell_correlation(root_a, root_b, kN);
  for (std::size_t s = 0; s < fsc.q.size(); ++s)
    EXPECT_NEAR(fsc.correlation[s], expected[s + 1], 1e-9);
}

TEST(VolumeFsc, OfRotatedIntensitiesIsNearlyOneAfterAlignment) {
  constexpr std::size_t kN = 49;
  Random random(2, 0, 0);
  const RigidMotion motion{.rotation = random_rotation(random), .shift = {}};
  const auto intensity = [&](const RigidMotion& m) {
    std::vector<float> values;
    for (const auto& f : centred_transform(density_of(lopsided(), kN, m), kN))
      values.push_back(std::norm(f));
    return named(values, kN, Quantity::intensity);
  };
  const VolumeFsc fsc = compare(intensity(motion), intensity({}),
                                {.shell_mean = ShellMean::removed}, Alignment::rigid);
  // Speckles are two voxels wide: what remains are the spline's errors of a few per cent.
  for (std::size_t s = 1; s < 12; ++s) EXPECT_GT(fsc.correlation[s], 0.95) << s;
}

TEST(VolumeFsc, RefusesDifferentGridsUnlessResampled) {
  const auto a = named(density_of(lopsided(), 40), 40);
  const auto b = named(density_of(lopsided(), 50), 50, Quantity::density, 4);
  try {
    compare(a, b);
    FAIL();
  } catch (const UserError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("40 x 40 x 40"), text.npos);
    EXPECT_NE(text.find("voxels of 4 Å"), text.npos);
  }
  const VolumeFsc fsc = compare(a, b, {.resample = true});
  EXPECT_EQ(fsc.voxel_size_A, 5);
  for (std::size_t s = 0; s < 14; ++s) EXPECT_GT(fsc.correlation[s], 0.999) << s;
  auto box = a;
  box.volume.nz = 20;
  box.volume.values.resize(20 * 40 * 40);
  const auto speck = named(std::vector<float>(8, 1.f), 2, Quantity::intensity, 4);
  const auto ball = named(density_of(lopsided(), 9), 9, Quantity::intensity);
  EXPECT_THROW(compare(ball, speck, {.resample = true}), UserError);
  EXPECT_THROW(compare(box, a), UserError);
  EXPECT_NO_THROW(compare(box, a, {.resample = true}));
}

TEST(VolumeFsc, HalvesSayHowNearTheTruthIs) {
  EXPECT_NEAR(with_truth(0.143), 0.5, 1e-3);
  EXPECT_EQ(with_truth(-0.2), 0);
  EXPECT_EQ(with_truth(1), 1);
}

TEST(VolumeFsc, MasksAndRangesLeaveOutShells) {
  constexpr std::size_t kN = 21;
  auto values = noise(kN, 1);
  for (float& v : values) v = v * v;
  const auto a = named(values, kN, Quantity::intensity);
  const VolumeFsc fsc = compare(a, a,
                                {.q_min = ReciprocalLength{4.5 / (kN * kVoxel)},
                                 .q_max = ReciprocalLength{8.5 / (kN * kVoxel)}});
  EXPECT_EQ(fsc.q.size(), 4u);
  EXPECT_THROW(compare(a, a, {.q_min = ReciprocalLength{1}}), UserError);
  EXPECT_THROW(compare(a, a, {.mask_radius = Length{1e-9}}), UsageError);
  Volume mask{kN, kN, kN, std::vector<float>(kN * kN * kN), kVoxel};
  FscOptions options;
  options.align.align = Alignment::none;
  EXPECT_THROW(volume_fsc(a, a, mask, options, 1, silent_monitor()), UserError);  // hides all
  std::fill_n(mask.values.begin(), mask.values.size() / 2, 1.f);
  EXPECT_LT(volume_fsc(a, a, mask, options, 1, silent_monitor()).voxels[5],
            compare(a, a).voxels[5]);
}

}  // namespace
}  // namespace spi
