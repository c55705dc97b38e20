// SPDX-License-Identifier: GPL-3.0-or-later
// Rotations: algebra, conversions, uniformity.
#include "libspi/geometry/rotation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kRounding = 1e-14;  // a few dozen double operations on numbers of size 1

void expect_near(const Vector3& a, const Vector3& b) {
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(a[k], b[k], kRounding) << "component " << k;
}

Quaternion some(std::uint64_t id) {
  Random random(7, 0, id);
  return random_rotation(random);
}

TEST(Rotation, IsActive) {
  // A quarter turn about z takes x to y: seen against the axis, anticlockwise.
  expect_near(rotate(from_axis_angle({0, 0, 2}, kPi / 2), {1, 0, 0}), {0, 1, 0});
  expect_near(rotate(Quaternion{std::sqrt(0.5), std::sqrt(0.5), 0, 0}, {0, 1, 0}), {0, 0, 1});
}

TEST(Rotation, ProductAppliesTheRightFactorFirst) {
  const Quaternion x = from_axis_angle({1, 0, 0}, kPi / 2), z = from_axis_angle({0, 0, 1}, kPi / 2);
  expect_near(rotate(z * x, {0, 1, 0}), {0, 0, 1});   // x: y -> z; z leaves z
  expect_near(rotate(x * z, {0, 1, 0}), {-1, 0, 0});  // z: y -> -x; x leaves it
}

TEST(Rotation, FormsAGroup) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    const Quaternion a = some(3 * i), b = some(3 * i + 1), c = some(3 * i + 2);
    const Vector3 v{0.3, -1.1, 0.7};
    expect_near(rotate(a * b, v), rotate(a, rotate(b, v)));
    expect_near(rotate((a * b) * c, v), rotate(a * (b * c), v));
    expect_near(rotate(a * conjugate(a), v), v);
    EXPECT_NEAR(normalized(a * b).w, (a * b).w, kRounding) << "the norm of a product is 1";
  }
}

TEST(Rotation, MatrixAndBack) {
  for (std::uint64_t i = 0; i < 200; ++i) {
    const Quaternion q = some(i);
    EXPECT_LT(angle_between_rad(from_matrix(to_matrix(q)), q), 1e-14);
    EXPECT_GE(from_matrix(to_matrix(q)).w, 0);
  }
  // half turns, where w is 0 and a formula that divides by it fails
  for (const Vector3& axis : {Vector3{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 1}, {-1, 2, 0}}) {
    const Quaternion q = from_axis_angle(axis, kPi);
    EXPECT_LT(angle_between_rad(from_matrix(to_matrix(q)), q), 1e-14);
  }
}

TEST(Rotation, MatrixIsOrthogonalAndProper) {
  const Matrix3 m = to_matrix(some(5));
  const Vector3 x = rotate(m, {1, 0, 0}), y = rotate(m, {0, 1, 0}), z = rotate(m, {0, 0, 1});
  EXPECT_NEAR(x[0] * y[0] + x[1] * y[1] + x[2] * y[2], 0, kRounding);
  expect_near({x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]}, z);
}

TEST(Rotation, AngleBetween) {
  const Quaternion a = some(1), step = from_axis_angle({1, 2, 3}, 1e-9);
  EXPECT_NEAR(angle_between_rad(a, step * a), 1e-9, 1e-15);  // acos would give 0 or 2e-8
  EXPECT_NEAR(angle_between_rad(a, {-a.w, -a.x, -a.y, -a.z}), 0, 1e-15);
  EXPECT_NEAR(angle_between_rad(a, from_axis_angle({0, 1, 0}, 3) * a), 3, kRounding);
}

TEST(Rotation, RandomOnesAreUniform) {
  // Uniform over SO(3): each image of an axis is uniform on the sphere, so each element of the
  // matrix has mean 0 and variance 1/3, and the angle has the density (1 - cos a)/pi, mean
  // pi/2 + 2/pi. Five standard errors of n draws are allowed.
  constexpr int n = 20000;
  Matrix3 sum{}, squares{};
  double angle = 0;
  for (int i = 0; i < n; ++i) {
    const Quaternion q = some(i);
    const Matrix3 m = to_matrix(q);
    for (int k = 0; k < 9; ++k) sum[k] += m[k] / n, squares[k] += m[k] * m[k] / n;
    angle += angle_between_rad({}, q) / n;
  }
  for (int k = 0; k < 9; ++k) {
    EXPECT_NEAR(sum[k], 0, 5 * std::sqrt(1.0 / 3 / n));
    EXPECT_NEAR(squares[k], 1.0 / 3, 5 * std::sqrt(4.0 / 45 / n));  // variance of u^2, u uniform
  }
  EXPECT_NEAR(angle, kPi / 2 + 2 / kPi, 5 * 0.65 / std::sqrt(n));  // its standard deviation is 0.65
}

TEST(Rotation, NothingIsNoRotation) {
  EXPECT_THROW(normalized({0, 0, 0, 0}), UserError);
  EXPECT_THROW(from_axis_angle({0, 0, 0}, 1), UserError);
}

}  // namespace
}  // namespace spi
