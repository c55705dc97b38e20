// SPDX-License-Identifier: GPL-3.0-or-later
// Rotations as unit quaternions [w,x,y,z], active: rotate(q, v) turns the vector v. An orientation
// is the rotation model_from_lab: q_model = R q_lab.
#pragma once

#include <array>

#include "libspi/base/random.h"

namespace spi {

using Vector3 = std::array<double, 3>;
/// Row-major: element (i, j) is [3 i + j].
using Matrix3 = std::array<double, 9>;

struct Quaternion {
  double w = 1, x = 0, y = 0, z = 0;
  bool operator==(const Quaternion&) const = default;
};

/// The rotation b followed by a: rotate(a * b, v) = rotate(a, rotate(b, v)). Hamilton's product.
Quaternion operator*(const Quaternion& a, const Quaternion& b);

/// The inverse of a unit quaternion.
Quaternion conjugate(const Quaternion& q);

/// q scaled to norm 1. UserError where the norm is 0 or not finite.
Quaternion normalized(const Quaternion& q);

/// By `angle_rad` about `axis` (any length but 0), anticlockwise seen against the axis.
Quaternion from_axis_angle(const Vector3& axis, double angle_rad);

/// The active matrix R of a unit quaternion: R v = rotate(q, v). (Dragonfly's is its transpose.)
Matrix3 to_matrix(const Quaternion& q);

/// The unit quaternion with w >= 0 of a proper rotation matrix. The largest of the four components
/// is taken from the diagonal, so that nothing cancels (Shepperd, J. Guid. Control 1, 223 (1978)).
Quaternion from_matrix(const Matrix3& m);

/// R v.
Vector3 rotate(const Matrix3& m, const Vector3& v);
Vector3 rotate(const Quaternion& q, const Vector3& v);

/// Angle of the rotation that leads from a to b, in [0, pi]; q and -q are the same rotation.
double angle_between_rad(const Quaternion& a, const Quaternion& b);

/// Uniform over the rotation group (Shoemake, Graphics Gems III, 124 (1992)); takes three numbers
/// of the stream.
Quaternion random_rotation(Random& random);

}  // namespace spi
