// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/align.h"

#include <gtest/gtest.h>

#include <numbers>

#include "libspi/volume/fourier.h"
#include "tests/unit/volume/blobs.h"

namespace spi {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

RigidMotion random_motion(std::uint64_t id, bool inverted) {
  Random random(7, 0, id);
  RigidMotion motion{.rotation = random_rotation(random), .shift = {}, .inverted = inverted};
  for (double& s : motion.shift) s = 8 * random.uniform() - 4;
  return motion;
}

/// a is b after the motion; both have white noise added. Tolerances in voxels, in rad.
void expect_found(const RigidMotion& motion, double noise, double shift, double angle) {
  constexpr std::size_t kN = 49;
  auto a = density_of(lopsided(), kN, motion), b = density_of(lopsided(), kN);
  Random random(3, 1, 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] += float(noise * random.normal());
    b[i] += float(noise * random.normal());
  }
  const Aligned found = align_densities(a, b, kN, {}, 2, silent_monitor());
  EXPECT_EQ(found.motion.inverted, motion.inverted);
  EXPECT_LT(angle_between_rad(found.motion.rotation, motion.rotation), angle);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(found.motion.shift[k], motion.shift[k], shift);
}

TEST(Align, RecoversRotationShiftAndTwinOfADensity) {
  // Nothing but the spline's interpolation is inexact, 0.2 % of a wave; the object reaches 10
  // voxels.
  for (std::uint64_t id = 0; id < 3; ++id)
    expect_found(random_motion(id, id % 2 == 1), 0, 0.01, 0.001);
}

TEST(Align, OfNoisyDensitiesErrsByWhatTheNoiseAllows) {
  // Noise s of a tenth of a ball's peak. A ball of weight 1 and width 2 voxels has a squared
  // gradient along an axis of pi^1.5 2/2 = 5.6, all five together 24: a shift is known to √2 s/√24
  // = 0.03 voxels. They stand 6 voxels from the middle, 5 from an axis: a rotation about one is
  // known to 0.03/5 = 0.006 rad, one about three axes to 0.01. Five times that.
  for (std::uint64_t id = 0; id < 2; ++id)
    expect_found(random_motion(id, id % 2 == 1), 0.1, 0.15, 0.05);
}

TEST(Align, DoesNotDependOnThreads) {
  constexpr std::size_t kN = 20;
  const auto a = density_of(lopsided(), kN, random_motion(1, false)),
             b = density_of(lopsided(), kN);
  const Aligned one = align_densities(a, b, kN, {}, 1, silent_monitor());
  const Aligned three = align_densities(a, b, kN, {}, 3, silent_monitor());
  EXPECT_EQ(one.motion.rotation, three.motion.rotation);
  EXPECT_EQ(one.motion.shift, three.motion.shift);
}

TEST(Align, ByShiftAloneLeavesTheRotation) {
  constexpr std::size_t kN = 40;
  const RigidMotion motion{.rotation = {}, .shift = {3.25, -5.5, 0.75}, .inverted = true};
  const auto a = density_of(lopsided(), kN, motion), b = density_of(lopsided(), kN);
  const Aligned found = align_densities(a, b, kN, {.align = Alignment::shift}, 1, silent_monitor());
  EXPECT_TRUE(found.motion.inverted);
  EXPECT_EQ(found.motion.rotation, Quaternion{});
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(found.motion.shift[k], motion.shift[k], 0.01);
}

std::vector<float> intensity_of(const std::vector<float>& density, std::size_t n) {
  std::vector<float> intensity;
  for (const auto& f : centred_transform(density, n)) intensity.push_back(std::norm(f));
  return intensity;
}

TEST(Align, RecoversTheRotationOfIntensities) {
  constexpr std::size_t kN = 49;
  for (std::uint64_t id = 0; id < 2; ++id) {
    RigidMotion motion = random_motion(id, false);
    motion.shift = {};
    const auto a = intensity_of(density_of(lopsided(), kN, motion), kN);
    const auto b = intensity_of(density_of(lopsided(), kN), kN);
    const Aligned found = align_intensities(a, b, kN, {}, 2, silent_monitor());
    // Speckles are two to three voxels wide and |F| has cusps between them: the spline errs by a
    // few per cent there, but at thousands of places alike in all directions.
    EXPECT_LT(angle_between_rad(found.motion.rotation, motion.rotation) / kDegree, 0.2);
  }
}

TEST(Align, SaysWhatItCannotDo) {
  const std::vector<float> zero(27 * 27 * 27), small(9 * 9 * 9, 1.f);
  EXPECT_THROW(align_densities(zero, zero, 27, {}, 1, silent_monitor()), UserError);
  EXPECT_THROW(align_densities(small, small, 9, {}, 1, silent_monitor()), UserError);
  EXPECT_THROW(align_intensities(zero, zero, 27, {.align = Alignment::shift}, 1, silent_monitor()),
               UsageError);
}

}  // namespace
}  // namespace spi
