// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/group_axes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace spi {
namespace {

constexpr std::size_t kSize = 37;
constexpr double kRadius = 17;
constexpr double kDegree = std::numbers::pi / 180;

/// Cosine waves of at least five voxels a fringe, each with its images under B g B⁻¹, and noise.
std::vector<float> waves(const PointGroup& group, const Quaternion& b, double noise = 0) {
  constexpr std::size_t kWaves = 12;
  std::vector<Vector3> k;
  for (std::size_t j = 0; j < kWaves; ++j) {
    Random random(4, 0, j);
    const Vector3 one = rotate(random_rotation(random), {0, 0, 0.2 * std::cbrt(random.uniform())});
    for (const Quaternion& g : group.rotations) k.push_back(rotate(b * g * conjugate(b), one));
  }
  std::vector<float> values(kSize * kSize * kSize);
  const double centre = double(kSize / 2);
  const double scale = 1 / std::sqrt(double(k.size()) / 2);
  for (std::size_t v = 0; v < values.size(); ++v) {
    const Vector3 at{double(v % kSize) - centre, double(v / kSize % kSize) - centre,
                     double(v / (kSize * kSize)) - centre};
    double sum = 0;
    for (const Vector3& w : k)
      sum += std::cos(2 * std::numbers::pi * (w[0] * at[0] + w[1] * at[1] + w[2] * at[2]));
    Random random(5, 0, v);
    values[v] = float(scale * sum + noise * random.normal());
  }
  return values;
}

/// Angle by which the farthest of the group's operations is misplaced.
double misplaced_rad(const PointGroup& group, const Quaternion& found, const Quaternion& truth) {
  double worst = 0;
  for (const Quaternion& g : group.rotations) {
    double nearest = 10;
    for (const Quaternion& h : group.rotations)
      nearest = std::min(
          nearest, angle_between_rad(found * g * conjugate(found), truth * h * conjugate(truth)));
    worst = std::max(worst, nearest);
  }
  return worst;
}

class GroupAxesOf : public testing::TestWithParam<const char*> {};

TEST_P(GroupAxesOf, AreFoundWhereverTheyPoint) {
  const PointGroup group = point_group(GetParam());
  Random random(1, 1, 0);
  const Quaternion truth = random_rotation(random);
  const GroupAxes found = find_group_axes(waves(group, truth), kSize, group, kRadius, 2);
  // The last steps are of 0.1°, about each of three axes, and an operation moves by up to twice
  // what its axis does; trilinear lookups at five voxels a fringe lose a few per cent.
  EXPECT_LT(misplaced_rad(group, found.model_from_group, truth), 0.6 * kDegree);
  EXPECT_GT(found.likeness, 0.95);

  // As much noise as signal would let images correlate by a half; interpolation takes noise away.
  const std::vector<float> noisy = waves(group, truth, 1);
  const GroupAxes least = find_group_axes(noisy, kSize, group, kRadius, 2);
  EXPECT_LT(misplaced_rad(group, least.model_from_group, truth), 3 * kDegree);
  EXPECT_GT(least.likeness, 0.5);
  EXPECT_LT(least.likeness, found.likeness);

  // Images of much more noise are hardly alike; that other axes make them less so shows the group.
  const GroupAxes faint = find_group_axes(waves(group, truth, 2), kSize, group, kRadius, 2);
  EXPECT_LT(misplaced_rad(group, faint.model_from_group, truth), 5 * kDegree);
  EXPECT_LT(faint.likeness, least.likeness);
  EXPECT_GT(least.distinct, 6);
}

TEST(GroupAxes, DoNotDependOnThreads) {
  const PointGroup group = point_group("D2");
  const std::vector<float> noisy = waves(group, {}, 1);
  const GroupAxes one = find_group_axes(noisy, kSize, group, kRadius, 1);
  const GroupAxes three = find_group_axes(noisy, kSize, group, kRadius, 3);
  EXPECT_EQ(one.model_from_group, three.model_from_group);
  EXPECT_EQ(one.likeness, three.likeness);
}

INSTANTIATE_TEST_SUITE_P(Groups, GroupAxesOf, testing::Values("C3", "D2", "D5", "T", "O", "I"));

TEST(GroupAxes, OfWhatHasNoneAreUnlike) {
  const std::vector<float> lopsided = waves(point_group("C1"), {});
  for (const char* name : {"D2", "O", "I"}) {
    const GroupAxes found = find_group_axes(lopsided, kSize, point_group(name), kRadius, 2);
    EXPECT_LT(found.likeness, 0.5) << name;
    // The largest of a few thousand orientations, many of them alike, is at some four deviations.
    EXPECT_LT(found.distinct, 6) << name;
  }
  // Nothing at all is like nothing.
  const std::vector<float> flat(kSize * kSize * kSize, 0.f);
  EXPECT_EQ(find_group_axes(flat, kSize, point_group("O"), kRadius, 2).likeness, 0);
  EXPECT_EQ(find_group_axes(flat, kSize, point_group("O"), kRadius, 2).distinct, 0);
}

}  // namespace
}  // namespace spi
