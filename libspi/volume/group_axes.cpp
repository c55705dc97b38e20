// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/group_axes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/geometry/orientation_grid.h"
#include "libspi/volume/contrast_field.h"

namespace spi {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kStep = 8 * kDegree;
constexpr double kFinest = 0.1 * kDegree;
constexpr double kFirstBand = 4;
constexpr std::size_t kPerBand = 2;

/// Images of points under a group, and how alike a field is there.
class Likeness {
 public:
  Likeness(const ContrastField& field, const PointGroup& group, double radius)
      : field_(field), group_(group), points_(contrast_points(radius)) {}

  /// Mean over the pairs of images of their covariance, over their mean square.
  double of(const Quaternion& model_from_group) const {
    std::vector<float> sum(points_.x.size());
    double square = 0;
    for (const Quaternion& g : group_.rotations) {
      std::array<float, 9> m;
      std::ranges::transform(to_matrix(model_from_group * g), m.begin(),
                             [](double v) { return float(v); });
      float image = 0;
      for (std::size_t i = 0; i < sum.size(); ++i) {
        const float x = points_.x[i], y = points_.y[i], z = points_.z[i];
        const float v = field_.at(m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z,
                                  m[6] * x + m[7] * y + m[8] * z);
        sum[i] += v;
        image += v * v;
      }
      square += image;
    }
    double whole = 0;
    for (const float s : sum) whole += double(s) * s;
    return square > 0 ? (whole / square - 1) / double(group_.rotations.size() - 1) : 0;
  }

 private:
  const ContrastField& field_;
  const PointGroup& group_;
  ContrastPoints points_;
};

std::vector<Quaternion> orientations_of(const PointGroup& group) {
  std::vector<Quaternion> grid;
  const auto turns = std::size_t(std::ceil(2 * std::numbers::pi / kStep));
  for (const Quaternion& view : view_grid(group, kStep).views)
    for (std::size_t t = 0; t < turns; ++t) {
      const double angle = 2 * std::numbers::pi * double(t) / double(turns);
      grid.push_back(conjugate(view * from_axis_angle({0, 0, 1}, angle)));
    }
  return grid;
}

std::vector<double> scores_of(const std::vector<Quaternion>& grid, const Likeness& likeness,
                              int threads) {
  std::vector<double> score(grid.size());
  constexpr std::size_t kBatch = 16;
  parallel_for((grid.size() + kBatch - 1) / kBatch, threads, [&](std::size_t batch, int) {
    for (std::size_t k = batch * kBatch; k < std::min(grid.size(), (batch + 1) * kBatch); ++k)
      score[k] = likeness.of(grid[k]);
  });
  return score;
}

/// The best of the grid, no two within 1.5 steps modulo the group.
std::vector<Quaternion> best_of(const std::vector<Quaternion>& grid,
                                const std::vector<double>& score, const PointGroup& group) {
  std::vector<std::size_t> order(grid.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return score[i]; });
  std::vector<Quaternion> best;
  for (const std::size_t i : order) {
    const auto near = [&](const Quaternion& other) {
      return misorientation_rad(group, conjugate(other), conjugate(grid[i])) < 1.5 * kStep;
    };
    if (std::ranges::none_of(best, near)) best.push_back(grid[i]);
    if (best.size() == kPerBand) break;
  }
  return best;
}

/// Climbs by turns about the three axes, as long as they better it, then by turns half as large.
GroupAxes refined(const Quaternion& start, const Likeness& likeness) {
  GroupAxes best{start, likeness.of(start)};
  for (double turn = kStep / 2; turn > kFinest;) {
    GroupAxes next = best;
    for (const Vector3& axis : {Vector3{1, 0, 0}, Vector3{0, 1, 0}, Vector3{0, 0, 1}})
      for (const double sign : {-1., 1.}) {
        const Quaternion q = normalized(from_axis_angle(axis, sign * turn) * best.model_from_group);
        const double value = likeness.of(q);
        if (value > next.likeness) next = {q, value};
      }
    if (next.likeness > best.likeness)
      best = next;
    else
      turn /= 2;
  }
  return best;
}

}  // namespace

GroupAxes find_group_axes(std::span<const float> contrast, std::size_t n, const PointGroup& group,
                          double radius, int threads) {
  SPI_ASSERT(contrast.size() == n * n * n && n >= 9 && group.rotations.size() > 1);
  const ContrastField field(contrast, n);
  const double whole = std::min(radius, double((n - 1) / 2) - 0.01);
  const std::vector<Quaternion> grid = orientations_of(group);
  std::vector<Quaternion> starts;
  std::vector<double> score;
  for (double band = kFirstBand, reach = 0; reach < whole; band *= 2) {
    reach = band > whole / std::numbers::sqrt2 ? whole : band;
    score = scores_of(grid, Likeness(field, group, reach), threads);
    const std::vector<Quaternion> best = best_of(grid, score, group);
    starts.insert(starts.end(), best.begin(), best.end());
  }
  const Likeness likeness(field, group, whole);
  std::vector<GroupAxes> found(starts.size());
  parallel_for(starts.size(), threads,
               [&](std::size_t k, int) { found[k] = refined(starts[k], likeness); });
  GroupAxes best = *std::ranges::max_element(found, {}, &GroupAxes::likeness);
  double mean = 0, square = 0;
  for (const double value : score) mean += value / double(score.size());
  for (const double value : score) square += std::pow(value - mean, 2) / double(score.size());
  if (square > 0) best.distinct = (best.likeness - mean) / std::sqrt(square);
  return best;
}

}  // namespace spi
