// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/measure/density_size.h"

#include <gtest/gtest.h>

#include "libspi/measure/report.h"
#include "libspi/simulate/particle.h"
#include "libspi/volume/fourier.h"

namespace spi {
namespace {

constexpr std::size_t kN = 61;
constexpr double kVoxel = 25;  // Å

/// The density that a body's transform gives on the grid, cut at a radius of q with a soft edge, as
/// a phased density is.
Volume density_of(const Body& body) {
  const double q_step = 1 / (kN * kVoxel), q_max = 0.5 / kVoxel;
  std::vector<float> qx, qy, qz;
  std::vector<double> damping;
  const auto c = double(kN / 2);
  for (std::size_t z = 0; z < kN; ++z)
    for (std::size_t y = 0; y < kN; ++y)
      for (std::size_t x = 0; x < kN; ++x) {
        const double q = q_step * std::hypot(double(x) - c, double(y) - c, double(z) - c);
        const double scale = q < q_max ? 1 : 0;
        qx.push_back(float(scale * q_step * (double(x) - c)));
        qy.push_back(float(scale * q_step * (double(y) - c)));
        qz.push_back(float(scale * q_step * (double(z) - c)));
        damping.push_back(scale * std::exp(-0.5 * std::pow(2 * q / q_max, 2)));
      }
  Spectrum3 f(qx.size());
  make_particle(body, 2 * q_max)->amplitude(qx, qy, qz, f);
  for (std::size_t i = 0; i < f.size(); ++i) f[i] *= float(damping[i]);
  return {kN, kN, kN, centred_inverse(f, kN), kVoxel};
}

TEST(DensitySize, FollowsTheTenPercentGrowthOfAMeltingCube) {
  // The bound is the issue's: the growth of 10 % to 1.5 % absolute. A cube of 42 nm is 17 voxels.
  std::vector<DensitySize> sizes;
  std::vector<double> truth;
  for (const double melting : {0., 0.2, 0.4, 0.6, 0.7, 0.85, 1.}) {
    const Body body{.shape = Shape::transition, .edge_A = 420, .melting = melting};
    sizes.push_back(density_size(density_of(body), {}, 2));
    truth.push_back(volume_A3(body));
  }
  const auto table = size_table({}, sizes, 0);
  const auto& growth = table[2].values;
  ASSERT_EQ(table[2].name, "growth");
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    EXPECT_NEAR(growth[k], truth[k] / truth[0] - 1, 0.015) << k;
    // Absolute volumes: a resolution of 2 voxels takes the corners off.
    EXPECT_NEAR(sizes[k].volume_A3 / truth[k], 1, 0.03) << k;
  }
}

TEST(DensitySize, HoldsForACubeOfFewVoxelsCutAtTheEdgeOfTheGrid) {
  // Of 7 to 12 voxels, as of weak data. The body's transform is cut at the edge of the grid: what
  // is left out decays as 1/q along the axes and moves a face by less than a tenth of a voxel,
  // half of a spline's error between voxels at that edge.
  for (const double voxel : {60., 45., 36.}) {
    const std::size_t n = 61;
    Spectrum3 f(n * n * n);
    std::vector<float> q[3];
    for (std::size_t i = 0; i < f.size(); ++i)
      for (std::size_t axis = 0, stride = 1; axis < 3; ++axis, stride *= n)
        q[axis].push_back(float((double(i / stride % n) - double(n / 2)) / (double(n) * voxel)));
    make_particle(Body{.shape = Shape::cube, .edge_A = 420}, 1 / voxel)
        ->amplitude(q[0], q[1], q[2], f);
    const Volume v{n, n, n, centred_inverse(f, n), voxel};
    EXPECT_NEAR(density_size(v, {}, 2).edge_A, 420, 0.1 * voxel) << voxel;
  }
}

TEST(DensitySize, OfABallIsItsDiameterWhereverItLies) {
  // A ball on a grid, its edge a voxel's smooth step: the half level is its surface.
  constexpr double kRadius = 8.3;
  for (const double offset : {0., 0.25, 0.5}) {
    Volume v{31, 31, 31, {}, 2};
    for (int z = -15; z <= 15; ++z)
      for (int y = -15; y <= 15; ++y)
        for (int x = -15; x <= 15; ++x)
          v.values.push_back(
              float(0.5 * std::erfc(std::hypot(x - offset, y + offset / 2, z - offset) - kRadius)));
    // A curved blurred surface recedes by variance/radius: 1/2/8.3² of the radius, 0.7 %; here the
    // level lies on the ball itself, and what is left are the cells' planes.
    EXPECT_NEAR(density_size(v, {}, 1).diameter_A, 4 * kRadius, 0.005 * 4 * kRadius);
  }
}

TEST(DensitySize, AtAFractionOfTheMassCountsVoxels) {
  Volume v{11, 11, 11, std::vector<float>(11 * 11 * 11), 3};
  for (std::size_t z = 3; z < 8; ++z)
    for (std::size_t y = 3; y < 8; ++y)
      for (std::size_t x = 3; x < 8; ++x) v.values[(z * 11 + y) * 11 + x] = 2;
  // 125 voxels hold 1/125 of the mass each.
  // (twice that is beyond any overshoot between them)
  EXPECT_EQ(density_size(v, {.mass_fraction = 0.016}, 1).mass_volume_A3, 0);
  const DensitySize size = density_size(v, {.mass_fraction = 0.004}, 1);
  EXPECT_DOUBLE_EQ(size.mass, 250);
  // Steps overshoot by 9 % in one dimension, between the voxels.
  EXPECT_NEAR(size.half_level, 1, 0.1);
  // Both surfaces lie at half the step, half a voxel outside of the voxels' centres; frequencies
  // that the grid cannot hold round edges and corners, of 5³ voxels a good part.
  EXPECT_NEAR(size.volume_A3, 27 * 125, 0.05 * 27 * 125);
  EXPECT_NEAR(size.mass_volume_A3, 27 * 125, 0.05 * 27 * 125);
}

TEST(SizeTable, HasTheColumnThatSizesAreSetAgainstOnce) {
  std::vector<Column> coordinates{{"z1", {1, 2}, {}}, {"z2", {3, 4}, {}}};
  set_against(coordinates, {"z1", {5, 6}, {}});
  ASSERT_EQ(coordinates.size(), 2u);
  EXPECT_EQ(coordinates[0].values, (std::vector<double>{5, 6}));
  EXPECT_EQ(coordinates[1].name, "z2");
}

TEST(DensitySize, RefusesWhatHasNoMass) {
  const Volume empty{9, 9, 9, std::vector<float>(729), 1};
  EXPECT_THROW(density_size(empty, {}, 1), UserError);
}

}  // namespace
}  // namespace spi
