// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/pose_comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

struct Pair {
  std::vector<Quaternion> found, truth;
};

/// Found orientations: G·B g B⁻¹ of the truth with g drawn from the group, turned by `error_rad`
/// about a random axis; every `lost`-th one is anything.
Pair poses(const PointGroup& group, const Quaternion& align, const Quaternion& axes,
           double error_rad, bool twin, std::size_t lost) {
  Pair pair;
  for (std::size_t d = 0; d < 600; ++d) {
    Random random(3, 0, d);
    const Quaternion truth = random_rotation(random);
    const Quaternion g = group.rotations[random.below(group.rotations.size())];
    const Quaternion error =
        from_axis_angle({random.normal(), random.normal(), random.normal()}, error_rad);
    Quaternion found = error * align * axes * g * conjugate(axes) * truth;
    if (twin && random.uniform() < 0.5) found = found * Quaternion{0, 0, 0, 1};
    if (d % lost == lost - 1) found = random_rotation(random);
    pair.found.push_back(found);
    pair.truth.push_back(truth);
  }
  return pair;
}

const Quaternion kAlign = from_axis_angle({1, 2, -1}, 2.1);
const Quaternion kAxes = from_axis_angle({-1, 0.3, 2}, 0.9);

TEST(ComparePoses, FindsTheAlignmentAndTheErrors) {
  const PointGroup group = point_group("C1");
  const Pair p = poses(group, kAlign, {}, 2 * kDegree, false, 10);
  const PoseComparison c = compare_poses(p.found, p.truth, group, BeamTwin::distinct, false);
  // 540 axes in random directions average out to 2°/√(3·540) = 0.05°; every tenth frame is lost.
  EXPECT_LT(angle_between_rad(c.model_from_truth, kAlign), 0.2 * kDegree);
  EXPECT_NEAR(c.median_rad, 2 * kDegree, 0.1 * kDegree);
  EXPECT_GT(c.mean_rad, 8 * kDegree);
}

TEST(ComparePoses, ModuloAGroupWhoseAxesLieSomewhere) {
  for (const char* name : {"D2", "C4", "O"}) {
    const PointGroup group = point_group(name);
    const Pair p = poses(group, kAlign, kAxes, 2 * kDegree, true, 10);
    const PoseComparison c = compare_poses(p.found, p.truth, group, BeamTwin::same, true);
    EXPECT_NEAR(c.median_rad, 2 * kDegree, 0.15 * kDegree) << name;
    // Axes that are held where they are not leave most frames far off.
    const PoseComparison held = compare_poses(p.found, p.truth, group, BeamTwin::same, false);
    EXPECT_GT(held.median_rad, 5 * kDegree) << name;
  }
}

TEST(ComparePoses, ARandomRunLooksRandom) {
  Pair p = poses(point_group("C1"), kAlign, {}, 0, false, 1);
  const PoseComparison c = compare_poses(p.found, p.truth, point_group("D2"), BeamTwin::same, true);
  // The nearest of 8 random orientations is some 40° away; the alignment gains a few.
  EXPECT_GT(c.median_rad, 25 * kDegree);
}

TEST(ComparePoses, RefusesOtherLengths) {
  const std::vector<Quaternion> two(2), three(3);
  EXPECT_THROW(compare_poses(two, three, point_group("C1"), BeamTwin::distinct, false), UserError);
}

}  // namespace
}  // namespace spi
