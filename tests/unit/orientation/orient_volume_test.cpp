// SPDX-License-Identifier: GPL-3.0-or-later
// A search against the voxels of a particle without symmetry.
#include <gtest/gtest.h>

#include <array>
#include <complex>
#include <memory>

#include "libspi/io/volume_series.h"
#include "simulated.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using namespace test;

/// Eight balls in no symmetrical arrangement, 300 Å across.
class Lump final : public Particle {
 public:
  explicit Lump(double q_max) {
    for (std::uint64_t k = 0; k < 8; ++k) {
      Random random(9, 0, k);
      Vector3 at = rotate(random_rotation(random), {0, 0, 110 * random.uniform()});
      for (int c = 0; c < 3; ++c) at_[k][c] = at[c];
      ball_.push_back(
          make_particle({.shape = Shape::sphere, .edge_A = 30 + 40 * random.uniform()}, q_max));
    }
  }
  void amplitude(std::span<const float> qx, std::span<const float> qy, std::span<const float> qz,
                 std::span<std::complex<float>> f) const override {
    std::vector<std::complex<float>> one(f.size());
    std::ranges::fill(f, 0.f);
    for (std::size_t k = 0; k < 8; ++k) {
      ball_[k]->amplitude(qx, qy, qz, one);
      for (std::size_t n = 0; n < f.size(); ++n) {
        const double turns = at_[k][0] * qx[n] + at_[k][1] * qy[n] + at_[k][2] * qz[n];
        f[n] += one[n] * std::complex<float>(std::polar(1., -2 * std::numbers::pi * turns));
      }
    }
  }

 private:
  std::array<Vector3, 8> at_;
  std::vector<std::unique_ptr<Particle>> ball_;
};

/// Intensities on n³ voxels.
Volume intensities(const Particle& particle, std::size_t n, double q_per_voxel) {
  Volume volume{n, n, n, {}, 1 / (double(n) * q_per_voxel)};
  std::vector<float> x(n), y(n), z(n);
  std::vector<std::complex<float>> f(n);
  for (std::size_t plane = 0; plane < n; ++plane)
    for (std::size_t row = 0; row < n; ++row) {
      for (std::size_t k = 0; k < n; ++k) {
        x[k] = float((double(k) - double(n / 2)) * q_per_voxel);
        y[k] = float((double(row) - double(n / 2)) * q_per_voxel);
        z[k] = float((double(plane) - double(n / 2)) * q_per_voxel);
      }
      particle.amplitude(x, y, z, f);
      for (const auto& value : f) volume.values.push_back(std::norm(value));
    }
  return volume;
}

using OrientVolume = test::InFolder;

TEST_F(OrientVolume, AnObjectWithoutSymmetryIsFoundInAVolume) {
  constexpr double kQPerVoxel = 4e-4;
  Simulated data;
  data.adopt(gold("cube", 1).resolved().make_detector());
  const Diffraction diffraction(data.detector);
  const Lump lump(0.04);
  for (std::uint64_t i = 0; i < 40; ++i) {
    Random random(10, 0, i);
    data.truth.push_back(random_rotation(random));
    std::vector<float> rate(diffraction.pixels());
    const double sum = diffraction.pattern(lump, data.truth.back(), rate);
    for (float& x : rate) x = float(random.poisson(x * kPhotons / sum));
    data.stack.add(rate);
  }
  {
    VolumesWriter writer(at("volumes.h5"), Quantity::intensity, {});
    writer.append(intensities(lump, 101, kQPerVoxel));
    writer.finish();
    write_mrc(at("volume.mrc"), intensities(lump, 101, kQPerVoxel));
  }
  OrientOptions options;
  options.reference = at("volumes.h5");
  const Orientations o =
      orient(data.stack, options, kDefaultSeed, 2, silent_monitor()).orientations;
  // Voxels of 1/8 of a fringe: the interpolated slice is off by less than the photons' noise.
  const auto errors = errors_deg(data, o, "C1", BeamTwin::distinct);
  EXPECT_LT(quantile(errors, 0.5), o.spacing_deg / 10);
  EXPECT_LT(quantile(errors, 0.9), o.spacing_deg / 2);
  EXPECT_EQ(o.symmetry, "C1");
  EXPECT_EQ(o.reference, "volumes.h5");
  options.reference = at("volume.mrc");
  EXPECT_NEAR(orient(data.stack, options, kDefaultSeed, 2, silent_monitor()).orientations.cc[3],
              o.cc[3], 1e-4)
      << "an MRC file holds the same intensities";
  options.symmetry = "C2";
  expect_error([&] { orient(data.stack, options, kDefaultSeed, 1, silent_monitor()); },
               {"volume.mrc is not symmetric under C2 (2)"});
  options.symmetry = "C1";
  options.reference_index = {3};
  expect_error([&] { orient(data.stack, options, kDefaultSeed, 1, silent_monitor()); },
               {"holds 1 volumes"});
}

}  // namespace
}  // namespace spi
