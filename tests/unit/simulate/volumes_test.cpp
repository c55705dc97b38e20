// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/volumes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr std::size_t kN = 25;

SimulateOptions melting(std::size_t states) {
  SimulateOptions o;
  o.volumes = true;
  o.particles = "transition";
  o.melting = {0, 1};
  o.frames = states;
  o.pixels = PixelCounts{kN, kN};
  o.pixel_size = Length{1.5e-3};
  return o;
}

double sum(const std::vector<float>& values) {
  return std::reduce(values.begin(), values.end(), 0.);
}

TEST(Volumes, AreTheParticlesInEvenSteps) {
  const VolumeSimulator simulator(melting(5).resolved(), 42, 2);
  ASSERT_EQ(simulator.count(), 5u);
  for (std::size_t k = 0; k < 5; ++k) {
    const TrueVolume volume = simulator.volume(k);
    EXPECT_DOUBLE_EQ(volume.truth.shot.melting, 0.25 * double(k));
    const Body body{.shape = Shape::transition, .edge_A = 420, .melting = 0.25 * double(k)};
    const double size = volume_A3(body), voxel = volume.density.voxel_size_A;
    // F(0) is the volume: the intensity in the middle, and the mass of the density. 1e-3 is what a
    // body's transform is good to.
    const std::size_t middle = (kN * kN + kN + 1) * (kN / 2);
    EXPECT_NEAR(std::sqrt(volume.intensity.values[middle]), size, 1e-3 * size);
    EXPECT_NEAR(sum(volume.density.values) * std::pow(voxel, 3), size, 1e-3 * size);
    EXPECT_NEAR(volume.density.values[middle], 1, 0.2);  // ripples of the end at q_max
  }
}

TEST(Volumes, OfACubeAreItsForm) {
  SimulateOptions options = melting(1);
  options.particles = "cube";
  const TrueVolume volume = VolumeSimulator(options.resolved(), 42, 1).volume(0);
  const double q = 1 / (double(kN) * volume.intensity.voxel_size_A);
  const auto form = [&](std::size_t i) {
    const double x = std::numbers::pi * 420 * q * (double(i) - double(kN / 2));
    return x == 0 ? 1. : std::sin(x) / x;
  };
  const double peak = std::pow(420., 6);
  for (std::size_t z = 0; z < kN; z += 3)
    for (std::size_t y = 0; y < kN; ++y)
      for (std::size_t x = 0; x < kN; ++x)
        ASSERT_NEAR(volume.intensity.values[(z * kN + y) * kN + x],
                    peak * std::pow(form(x) * form(y) * form(z), 2), 1e-5 * peak);
}

TEST(Volumes, HoldTheirPhotonsWhateverTheThreads) {
  SimulateOptions options = melting(2);
  options.photons = 1e5;
  const auto noisy = VolumeSimulator(options.resolved(), 42, 1).volume(1).intensity.values;
  EXPECT_EQ(noisy, VolumeSimulator(options.resolved(), 42, 3).volume(1).intensity.values);
  EXPECT_NEAR(sum(noisy), 1e5, 5 * std::sqrt(1e5));  // five standard deviations
  EXPECT_NE(noisy, VolumeSimulator(options.resolved(), 43, 1).volume(1).intensity.values);
  options.noise_free = true;
  EXPECT_NEAR(sum(VolumeSimulator(options.resolved(), 42, 1).volume(1).intensity.values), 1e5, 1);
}

TEST(Volumes, RefuseWhatTheyCannotShow) {
  for (const auto& spoil : std::initializer_list<void (*)(SimulateOptions&)>{
           [](SimulateOptions& o) { o.averages = true; },
           [](SimulateOptions& o) { o.beam_stop = 3; },
           [](SimulateOptions& o) { o.readout_noise = 0.1; },
           [](SimulateOptions& o) { o.fluence = FluenceKind::gamma; },
           [](SimulateOptions& o) {
             o.pixels = PixelCounts{20, 21};
           }}) {
    SimulateOptions options = melting(1);
    spoil(options);
    EXPECT_THROW(options.resolved(), UsageError);
  }
}

}  // namespace
}  // namespace spi
