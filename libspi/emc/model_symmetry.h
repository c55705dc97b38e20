// SPDX-License-Identifier: GPL-3.0-or-later
// The symmetry that a model W has or nearly has, and where its axes lie.
#pragma once

#include <vector>

#include "libspi/emc/polar_points.h"
#include "libspi/geometry/point_group.h"
#include "libspi/volume/group_axes.h"

namespace spi {

/// Rotations g, none of the Laue class, under which the modulation W - 1 within `radius` voxels of
/// the centre correlates with itself, W(g q) with W(q), by more than 1/2; the most alike first, at
/// most `most`, none within 12° of another. Independent of `threads`.
std::vector<Quaternion> pseudo_symmetries(const Cube& model, const PointGroup& laue, double radius,
                                          std::size_t most, int threads);

/// The axes of the Laue class, of more than one rotation, in a model that was made without them,
/// from its modulation W - 1 within `radius` voxels; likeness 0 where that is too little to tell.
GroupAxes model_axes(const Cube& model, const PointGroup& laue, double radius, int threads);

/// W(B q), trilinear; beyond what every rotation leaves in the cube, the nearest within.
Cube turned(const Cube& model, const Quaternion& b, int threads);

}  // namespace spi
