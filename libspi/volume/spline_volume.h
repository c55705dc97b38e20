// SPDX-License-Identifier: GPL-3.0-or-later
// A cube that can be looked up anywhere, smoothly, and moved as a rigid body.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "libspi/geometry/rotation.h"
#include "libspi/geometry/spline_grid.h"

namespace spi {

/// x -> rotation·(±x) + shift: where a rigid motion takes a point, in voxels from the centre. With
/// `inverted` the body is replaced by its image through the centre, its twin.
struct RigidMotion {
  Quaternion rotation;
  Vector3 shift{};
  bool inverted = false;
};

/// Cubic B-spline through the voxels of a cube (mirrored at its faces; Unser, IEEE Signal Process.
/// Mag. 16(6), 22 (1999)). Relative error of a wave: 0.2 % at half of the Nyquist frequency, 5 % at
/// three quarters. Takes 4 n^3 bytes.
class SplineVolume {
 public:
  /// UserError for fewer than 3 voxels a side.
  SplineVolume(std::span<const float> values, std::size_t n, int threads);

  std::size_t size() const { return n_; }
  /// Whether a point, in voxels from the centre voxel n/2, lies between voxel centres.
  bool contains(const Vector3& p) const;
  /// The value there; the point must be contained.
  float at(const Vector3& p) const;
  /// {value, d/dx, d/dy, d/dz}
  std::array<float, 4> with_gradient(const Vector3& p) const;

 private:
  std::size_t n_;
  double centre_;
  SplineGrid<float> grid_;  ///< coefficients, with a border
};

/// The body after a motion, on a cube of `to` voxels of `step` of the body's: out(m(x)) = body(x).
/// The motion's shift is in voxels of the output. `outside`: the value where the body has none.
std::vector<float> moved(const SplineVolume& body, const RigidMotion& motion, std::size_t to,
                         double step, float outside, int threads);

/// A density after a motion, on its own grid; first refined twofold, so that the spline is good to
/// 0.2 % up to the Nyquist frequency. Takes about 130 n^3 bytes. 0 outside.
std::vector<float> moved_density(std::span<const float> density, std::size_t n,
                                 const RigidMotion& motion, int threads);

}  // namespace spi
