// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/register.h"

#include <Eigen/Dense>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

using Vector6 = Eigen::Matrix<double, 6, 1>;
using Vector7 = Eigen::Matrix<double, 7, 1>;
using Matrix7 = Eigen::Matrix<double, 7, 7>;

/// Of v = (b, db/domega, db/dtau) at the moved points: sums of v v^T, a v and a².
struct Moments {
  Matrix7 vv = Matrix7::Zero();
  Vector7 av = Vector7::Zero();
  double aa = 0;

  double correlation() const {
    return aa > 0 && vv(0, 0) > 0 ? av(0) / std::sqrt(aa * vv(0, 0)) : 0;
  }
};

Moments plane_moments(std::span<const float> a, const SplineVolume& b, const RigidMotion& motion,
                      double radius, std::size_t z) {
  const std::size_t n = b.size();
  const auto centre = double(n / 2), height = double(z) - centre;
  const Matrix3 back = to_matrix(conjugate(motion.rotation));
  const double sign = motion.inverted ? -1 : 1;
  Moments m;
  for (std::size_t y = 0; y < n; ++y)
    for (std::size_t x = 0; x < n; ++x) {
      const Vector3 at{double(x) - centre, double(y) - centre, height};
      if (at[0] * at[0] + at[1] * at[1] + at[2] * at[2] > radius * radius) continue;
      const double value = a[(z * n + y) * n + x];
      m.aa += value * value;
      Vector3 u = rotate(
          back, Vector3{at[0] - motion.shift[0], at[1] - motion.shift[1], at[2] - motion.shift[2]});
      for (double& c : u) c *= sign;
      if (!b.contains(u)) continue;
      const auto [v, gx, gy, gz] = b.with_gradient(u);
      Vector7 row;
      row << v, u[1] * gz - u[2] * gy, u[2] * gx - u[0] * gz, u[0] * gy - u[1] * gx, gx, gy, gz;
      m.vv += row * row.transpose();
      m.av += value * row;
    }
  return m;
}

Moments moments(std::span<const float> a, const SplineVolume& b, const RigidMotion& motion,
                double radius, int threads) {
  std::vector<Moments> planes(b.size());
  parallel_for(planes.size(), threads,
               [&](std::size_t z, int) { planes[z] = plane_moments(a, b, motion, radius, z); });
  Moments sum;
  for (const Moments& p : planes) {
    sum.vv += p.vv;
    sum.av += p.av;
    sum.aa += p.aa;
  }
  return sum;
}

/// The step (omega, tau) of b's points, with the scale eliminated.
Vector6 step_of(const Moments& m, double damping, const RegisterOptions& options) {
  const Vector6 jb = m.vv.block<6, 1>(1, 0);
  const double bb = m.vv(0, 0), scale = m.av(0) / bb;
  Eigen::Matrix<double, 6, 6> normal = m.vv.block<6, 6>(1, 1) - jb * jb.transpose() / bb;
  Vector6 gradient = (m.av.segment<6>(1) - jb * scale) / scale;
  for (int k = 0; k < 6; ++k) {
    const bool is_free = k < 3 ? options.rotate : options.translate;
    normal(k, k) *= 1 + damping;
    if (is_free && normal(k, k) > 0) continue;
    normal.row(k).setZero();
    normal.col(k).setZero();
    normal(k, k) = 1;
    gradient(k) = 0;
  }
  return normal.ldlt().solve(gradient);
}

/// b's points u become exp(omega) u + tau.
RigidMotion stepped(const RigidMotion& motion, const Vector6& step) {
  const Vector3 omega{step(0), step(1), step(2)};
  const double angle = std::hypot(omega[0], omega[1], omega[2]);
  RigidMotion result = motion;
  if (angle > 0) result.rotation = normalized(motion.rotation * from_axis_angle(omega, -angle));
  const Vector3 tau = rotate(result.rotation, Vector3{step(3), step(4), step(5)});
  const double sign = motion.inverted ? -1 : 1;
  for (std::size_t k = 0; k < 3; ++k) result.shift[k] -= sign * tau[k];
  return result;
}

}  // namespace

Registered register_volume(std::span<const float> a, const SplineVolume& b,
                           const RigidMotion& start, const RegisterOptions& options, int threads) {
  SPI_ASSERT(a.size() == b.size() * b.size() * b.size() && options.radius > 0);
  Registered best{start, 0};
  Moments here = moments(a, b, start, options.radius, threads);
  best.correlation = here.correlation();
  double damping = 1e-3;
  for (std::size_t k = 0; k < options.max_steps && here.av(0) > 0 && damping < 1e6; ++k) {
    const Vector6 step = step_of(here, damping, options);
    if (!step.allFinite()) break;
    const RigidMotion next = stepped(best.motion, step);
    const Moments there = moments(a, b, next, options.radius, threads);
    if (there.correlation() < best.correlation) {
      damping *= 10;
      continue;
    }
    best = {next, there.correlation()};
    here = there;
    damping /= 10;
    if (step.head<3>().norm() * options.radius + step.tail<3>().norm() < options.settled) break;
  }
  return best;
}

}  // namespace spi
