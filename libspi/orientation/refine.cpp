// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/orientation/refine.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// A small rotation, applied in the lab, and the change of ln(size).
using Step = Eigen::Vector4d;

Pose moved(const Pose& pose, const Step& step) {
  const Eigen::Vector3d turn = step.head<3>();
  const double angle = turn.norm();
  Pose next{pose.model_from_lab, pose.size * std::exp(step[3])};
  if (angle > 0)
    next.model_from_lab = normalized(
        pose.model_from_lab * from_axis_angle({turn[0], turn[1], turn[2]}, angle));
  return next;
}

double weighted(std::span<const float> w, std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t n = 0; n < w.size(); ++n) sum += double(w[n] * a[n] * b[n]);
  return sum;
}

}  // namespace

void ScaledSlicer::slice(const Pose& pose, std::span<float> out) const {
  slicer_.roots(reference_, pose, out);
  const std::size_t angles = slicer_.angles();
  for (std::size_t i = 0; i < slicer_.rings(); ++i)
    for (std::size_t j = 0; j < angles; ++j) out[i * angles + j] *= ring_factor_[i];
}

Refined refine(const ScaledSlicer& slices, std::span<const float> x, std::span<const float> w,
               const Pose& start, const RefineOptions& options, RefineScratch& scratch) {
  SPI_ASSERT(x.size() == w.size());
  const int parameters = options.size_range > 0 ? 4 : 3;
  scratch.slice.resize(x.size());
  scratch.best.resize(x.size());
  for (auto& d : scratch.derivative) d.resize(x.size());
  const double xx = weighted(w, x, x);
  const auto correlation = [&](const std::vector<float>& y) {
    const double yy = weighted(w, y, y);
    return xx > 0 && yy > 0 ? weighted(w, x, y) / std::sqrt(xx * yy) : 0.;
  };
  Refined best{start, 0};
  slices.slice(start, scratch.best);
  best.correlation = correlation(scratch.best);
  double damping = 1e-3;
  for (std::size_t step = 0; step < options.max_steps; ++step) {
    for (int k = 0; k < parameters; ++k) {
      std::vector<float>& d = scratch.derivative[std::size_t(k)];
      const Step h = Step::Unit(k) * options.step_rad;
      slices.slice(moved(best.pose, h), d);
      slices.slice(moved(best.pose, -h), scratch.slice);
      const float scale = float(1 / (2 * options.step_rad));
      for (std::size_t n = 0; n < d.size(); ++n) d[n] = (d[n] - scratch.slice[n]) * scale;
    }
    const std::vector<float>& y = scratch.best;
    const double yy = weighted(w, y, y), xy = weighted(w, x, y);
    if (!(yy > 0 && xx > 0 && xy > 0)) break;
    Eigen::Vector4d gradient = Step::Zero(), along = Step::Zero();
    Eigen::Matrix4d normal = Eigen::Matrix4d::Identity();
    for (int i = 0; i < parameters; ++i) {
      const auto& di = scratch.derivative[std::size_t(i)];
      along[i] = weighted(w, y, di);
      gradient[i] = (weighted(w, x, di) - xy / yy * along[i]) * yy / xy;
      for (int j = 0; j <= i; ++j)
        normal(i, j) = normal(j, i) = weighted(w, di, scratch.derivative[std::size_t(j)]);
    }
    normal -= along * along.transpose() / yy;
    bool better = false;
    double length = 0;
    for (int attempt = 0; attempt < 6 && !better; ++attempt) {
      Eigen::Matrix4d damped = normal;
      for (int i = 0; i < parameters; ++i)
        damped(i, i) += damping * (normal(i, i) + 1e-12 * normal.trace());
      Step delta = damped.ldlt().solve(gradient);
      length = delta.norm();
      if (!std::isfinite(length)) break;
      if (length > options.largest_rad) delta *= options.largest_rad / length;
      const Pose next = moved(best.pose, delta);
      if (std::abs(std::log(next.size)) > std::log(1 + options.size_range) + 1e-12) {
        damping *= 10;
        continue;
      }
      slices.slice(next, scratch.slice);
      const double value = correlation(scratch.slice);
      better = value > best.correlation;
      damping = better ? std::max(damping / 10, 1e-6) : damping * 10;
      if (better) {
        best = {next, value};
        std::swap(scratch.best, scratch.slice);
      }
      if (length < options.settled_rad) break;
    }
    if (!better || length < options.settled_rad) break;
  }
  return best;
}

}  // namespace spi
