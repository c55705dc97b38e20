// SPDX-License-Identifier: GPL-3.0-or-later
// Where the axes of a point group lie in an intensity.
#pragma once

#include <span>

#include "libspi/geometry/point_group.h"

namespace spi {

struct GroupAxes {
  Quaternion model_from_group;  ///< B: the intensity looks like itself when turned by B g B⁻¹
  double likeness = 0;  ///< mean correlation of two of its images: 1 for true axes, 0 for noise
  double distinct = 0;  ///< standard deviations above the mean likeness of all orientations
};

/// The axes of a group of more than one rotation in a contrast [n][n][n] (shell_contrast), n >= 9,
/// from what lies within `radius` voxels of the centre: all orientations B modulo the group at
/// steps of 8° in bands of radius 4, 8, 16, ..., then the best of each band are refined to 0.1°
/// within the whole radius. Trilinear. Independent of `threads`.
GroupAxes find_group_axes(std::span<const float> contrast, std::size_t n, const PointGroup& group,
                          double radius, int threads);

}  // namespace spi
