// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/orientation/refine.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <optional>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// A small rotation, applied in the lab, and the change of ln(size).
using Step = Eigen::Vector4d;
using Values = std::vector<float>;

Pose moved(const Pose& pose, const Step& step) {
  const Eigen::Vector3d turn = step.head<3>();
  const double angle = turn.norm();
  Pose next{pose.model_from_lab, pose.size * std::exp(step[3])};
  if (angle > 0)
    next.model_from_lab =
        normalized(pose.model_from_lab * from_axis_angle({turn[0], turn[1], turn[2]}, angle));
  return next;
}

/// Σ w a b
double product(const Values& w, const Values& a, const Values& b) {
  const auto map = [](const Values& v) {
    return Eigen::Map<const Eigen::ArrayXf>(v.data(), Eigen::Index(v.size())).cast<double>();
  };
  return (map(w) * map(a) * map(b)).sum();
}

class Descent {
 public:
  Descent(const Reference& reference, const SlicePoints& points, const PatternPoints& pattern,
          const RefineOptions& options, RefineScratch& scratch)
      : reference_(reference),
        points_(points),
        x_(pattern.value),
        w_(pattern.weight),
        options_(options),
        scratch_(scratch),
        parameters_(options.size_range > 0 ? 4 : 3),
        xx_(product(w_, x_, x_)) {
    SPI_ASSERT(x_.size() == points.size() && w_.size() == points.size());
    for (Values* v : {&scratch.slice, &scratch.best}) v->resize(x_.size());
    for (Values& d : scratch.derivative) d.resize(x_.size());
  }

  Refined run(const Pose& start) {
    draw(start, scratch_.best);
    best_ = {start, correlation(scratch_.best)};
    for (std::size_t n = 0; n < options_.max_steps && advance(); ++n) {
    }
    return best_;
  }

 private:
  void draw(const Pose& pose, Values& out) const { points_.slice(reference_, pose, out); }
  double correlation(const Values& y) const {
    const double yy = product(w_, y, y);
    return xx_ > 0 && yy > 0 ? product(w_, x_, y) / std::sqrt(xx_ * yy) : 0;
  }

  void differentiate() {
    for (int k = 0; k < parameters_; ++k) {
      Values& d = scratch_.derivative[std::size_t(k)];
      const Step h = Step::Unit(k) * options_.step_rad;
      draw(moved(best_.pose, h), d);
      draw(moved(best_.pose, -h), scratch_.slice);
      const auto scale = float(1 / (2 * options_.step_rad));
      for (std::size_t n = 0; n < d.size(); ++n) d[n] = (d[n] - scratch_.slice[n]) * scale;
    }
  }

  /// The normal equations; false where slice and pattern have nothing in common.
  bool linearise() {
    const Values& y = scratch_.best;
    const double yy = product(w_, y, y), xy = product(w_, x_, y);
    if (!(yy > 0 && xy > 0)) return false;
    differentiate();
    Step along = Step::Zero();
    gradient_ = Step::Zero();
    normal_ = Eigen::Matrix4d::Identity();
    for (int i = 0; i < parameters_; ++i) {
      const Values& d = scratch_.derivative[std::size_t(i)];
      along[i] = product(w_, y, d);
      gradient_[i] = product(w_, x_, d) * yy / xy - along[i];
      for (int j = 0; j <= i; ++j)
        normal_(i, j) = normal_(j, i) = product(w_, d, scratch_.derivative[std::size_t(j)]);
    }
    normal_ -= along * along.transpose() / yy;
    return true;
  }

  /// The damped step, not too long; nullopt where it cannot be solved for.
  std::optional<Step> step() const {
    Eigen::Matrix4d damped = normal_;
    const double least = 1e-12 * normal_.trace();
    for (int i = 0; i < parameters_; ++i) damped(i, i) += damping_ * (normal_(i, i) + least);
    Step step = damped.ldlt().solve(gradient_);
    const double length = step.norm();
    if (!std::isfinite(length)) return std::nullopt;
    if (length > options_.largest_rad) step *= options_.largest_rad / length;
    return step;
  }

  bool allowed(const Pose& pose) const {
    return std::abs(std::log(pose.size)) <= std::log1p(options_.size_range) + 1e-12;
  }

  /// One step; whether another is worth while.
  bool advance() {
    if (!linearise()) return false;
    for (int attempt = 0; attempt < 6; ++attempt, damping_ *= 10) {
      const auto change = step();
      if (!change) return false;
      const Pose next = moved(best_.pose, *change);
      if (!allowed(next)) continue;
      draw(next, scratch_.slice);
      const double value = correlation(scratch_.slice);
      const bool settled = change->norm() < options_.settled_rad;
      if (value > best_.correlation) {
        best_ = {next, value};
        std::swap(scratch_.best, scratch_.slice);
        damping_ = std::max(damping_ / 10, 1e-6);
        return !settled;
      }
      if (settled) return false;
    }
    return false;
  }

  const Reference& reference_;
  const SlicePoints& points_;
  const Values &x_, &w_;
  const RefineOptions& options_;
  RefineScratch& scratch_;
  const int parameters_;
  const double xx_;
  Refined best_;
  double damping_ = 1e-3;
  Step gradient_;
  Eigen::Matrix4d normal_;
};

}  // namespace

Refined refine(const Reference& reference, const SlicePoints& points, const PatternPoints& pattern,
               const Pose& start, const RefineOptions& options, RefineScratch& scratch) {
  return Descent(reference, points, pattern, options, scratch).run(start);
}

}  // namespace spi
