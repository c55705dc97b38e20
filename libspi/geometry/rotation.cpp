// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/geometry/rotation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {

Quaternion operator*(const Quaternion& a, const Quaternion& b) {
  return {
      a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z, a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
      a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x, a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w};
}

Quaternion conjugate(const Quaternion& q) { return {q.w, -q.x, -q.y, -q.z}; }

Quaternion normalized(const Quaternion& q) {
  const double norm = std::sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
  if (!(norm > 0) || !std::isfinite(norm))
    fail("(", q.w, ", ", q.x, ", ", q.y, ", ", q.z, ") is not a rotation: its norm is ", norm);
  return {q.w / norm, q.x / norm, q.y / norm, q.z / norm};
}

Quaternion from_axis_angle(const Vector3& axis, double angle_rad) {
  const double s = std::sin(angle_rad / 2);
  const Quaternion unit = normalized({0, axis[0], axis[1], axis[2]});
  return {std::cos(angle_rad / 2), s * unit.x, s * unit.y, s * unit.z};
}

Matrix3 to_matrix(const Quaternion& q) {
  const auto [w, x, y, z] = q;
  return {1 - 2 * (y * y + z * z), 2 * (x * y - w * z),     2 * (x * z + w * y),
          2 * (x * y + w * z),     1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
          2 * (x * z - w * y),     2 * (y * z + w * x),     1 - 2 * (x * x + y * y)};
}

Quaternion from_matrix(const Matrix3& m) {
  // four times each component times the largest one
  const double ww = 1 + m[0] + m[4] + m[8], xx = 1 + m[0] - m[4] - m[8];
  const double yy = 1 - m[0] + m[4] - m[8], zz = 1 - m[0] - m[4] + m[8];
  const double wx = m[7] - m[5], wy = m[2] - m[6], wz = m[3] - m[1];
  const double xy = m[1] + m[3], xz = m[2] + m[6], yz = m[5] + m[7];
  const double largest = std::max({ww, xx, yy, zz});
  Quaternion q;
  if (largest == ww) {
    q = {ww, wx, wy, wz};
  } else if (largest == xx) {
    q = {wx, xx, xy, xz};
  } else if (largest == yy) {
    q = {wy, xy, yy, yz};
  } else {
    q = {wz, xz, yz, zz};
  }
  q = normalized(q);
  return q.w < 0 ? Quaternion{-q.w, -q.x, -q.y, -q.z} : q;
}

Vector3 rotate(const Matrix3& m, const Vector3& v) {
  return {m[0] * v[0] + m[1] * v[1] + m[2] * v[2], m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
          m[6] * v[0] + m[7] * v[1] + m[8] * v[2]};
}

Vector3 rotate(const Quaternion& q, const Vector3& v) { return rotate(to_matrix(q), v); }

double angle_between_rad(const Quaternion& a, const Quaternion& b) {
  const Quaternion d = b * conjugate(a);
  // atan2 keeps its precision at small angles, where acos of the scalar part does not
  return 2 * std::atan2(std::sqrt(d.x * d.x + d.y * d.y + d.z * d.z), std::abs(d.w));
}

Quaternion random_rotation(Random& random) {
  const double u = random.uniform();
  const double a = 2 * std::numbers::pi * random.uniform();
  const double b = 2 * std::numbers::pi * random.uniform();
  const double r = std::sqrt(1 - u), s = std::sqrt(u);
  return {s * std::cos(b), r * std::sin(a), r * std::cos(a), s * std::sin(b)};
}

}  // namespace spi
