// SPDX-License-Identifier: GPL-3.0-or-later
// How far found orientations are from true ones, after the best alignment of the two models.
#pragma once

#include <span>
#include <vector>

#include "libspi/geometry/point_group.h"

namespace spi {

/// Found and true orientations of the same frames differ by one rotation of the model's frame,
/// G = model_from_truth, known only up to a group whose axes lie somehow in the truth's frame: of
/// the particle, or a pseudo-symmetry that its intensities nearly have.
struct PoseComparison {
  Quaternion model_from_truth;    ///< G
  Quaternion truth_from_group;    ///< B: the group's rotations of the truth are B g B⁻¹
  std::vector<double> error_rad;  ///< [N] smallest angle between R_found and G B g B⁻¹ R_true
  std::vector<Vector3> turn_rad;  ///< [N] the same as a rotation vector in the lab frame
  double median_rad = 0, mean_rad = 0;
};

/// The alignment of least mean error, errors beyond 20° counted as 20°. `twin`: whether half a turn
/// about the beam counts as the same. With `free_axes` B is found too, else it is 1. UserError
/// where the lengths differ or there are fewer than two frames.
PoseComparison compare_poses(std::span<const Quaternion> found, std::span<const Quaternion> truth,
                             const PointGroup& group, BeamTwin twin, bool free_axes);

}  // namespace spi
