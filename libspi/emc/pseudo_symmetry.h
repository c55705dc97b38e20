// SPDX-License-Identifier: GPL-3.0-or-later
// Rotations under which a model looks nearly like itself.
#pragma once

#include <vector>

#include "libspi/emc/polar_points.h"
#include "libspi/geometry/point_group.h"

namespace spi {

/// Rotations g, none of the Laue class, under which the modulation W - 1 within `radius` voxels of
/// the centre correlates with itself, W(g q) with W(q), by more than 1/2; the most alike first, at
/// most `most`, none within 12° of another. Independent of `threads`.
std::vector<Quaternion> pseudo_symmetries(const Cube& model, const PointGroup& laue, double radius,
                                          std::size_t most, int threads);

}  // namespace spi
