// SPDX-License-Identifier: GPL-3.0-or-later
// Continuous refinement of a rigid motion.
#pragma once

#include <span>

#include "libspi/volume/spline_volume.h"

namespace spi {

struct RegisterOptions {
  double radius = 0;  ///< voxels from the centre that take part
  bool rotate = true;
  bool translate = true;
  std::size_t max_steps = 30;
  double settled = 1e-5;  ///< done when a step moves no point within the radius by more voxels
};

struct Registered {
  RigidMotion motion;
  double correlation = 0;
};

/// Levenberg and Marquardt's descent of |a - s·b(m⁻¹ x)|² over the scale s, which is eliminated,
/// and the motion m: the maximum of the cosine of a and the moved b, over the voxels of a no
/// farther than `radius` from the centre. The correlation never falls below that of the start. a:
/// [n][n][n], n that of b. Sums run over planes in order: independent of `threads`.
Registered register_volume(std::span<const float> a, const SplineVolume& b,
                           const RigidMotion& start, const RegisterOptions& options, int threads);

}  // namespace spi
