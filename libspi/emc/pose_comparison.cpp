// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/pose_comparison.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kFar = 20 * kDegree;  ///< beyond it a frame is lost, and how far says nothing
constexpr std::size_t kTried = 200;    ///< frames that propose and judge alignments

/// The frames' relative rotations X = R_found R_true⁻¹, in one form or, with the twin, two.
struct Relative {
  std::vector<std::array<Quaternion, 2>> of;
  std::size_t forms = 1;
};

Relative relative_rotations(std::span<const Quaternion> found, std::span<const Quaternion> truth,
                            BeamTwin twin) {
  const Quaternion half_turn{0, 0, 0, 1};
  Relative x;
  x.forms = twin == BeamTwin::same ? 2 : 1;
  for (std::size_t d = 0; d < found.size(); ++d)
    x.of.push_back({found[d] * conjugate(truth[d]), found[d] * half_turn * conjugate(truth[d])});
  return x;
}

/// G·B, B⁻¹ and the group: X is compared with (G B) g B⁻¹.
struct Alignment {
  Quaternion outer, inner;
};

struct Nearest {
  double angle = 10;
  std::size_t form = 0, rotation = 0;
};

/// The rotations (G B) g B⁻¹ of an alignment.
std::vector<Quaternion> targets_of(const Alignment& a, const PointGroup& group) {
  std::vector<Quaternion> targets;
  for (const Quaternion& g : group.rotations) targets.push_back(a.outer * g * a.inner);
  return targets;
}

Nearest nearest(const Relative& x, std::size_t d, const std::vector<Quaternion>& targets) {
  Nearest best;
  double largest = -1;
  for (std::size_t g = 0; g < targets.size(); ++g)
    for (std::size_t f = 0; f < x.forms; ++f) {
      const Quaternion &p = x.of[d][f], &t = targets[g];
      const double cosine = std::abs(p.w * t.w + p.x * t.x + p.y * t.y + p.z * t.z);
      if (cosine > largest) largest = cosine, best = {0, f, g};
    }
  best.angle = angle_between_rad(x.of[d][best.form], targets[best.rotation]);
  return best;
}

/// Mean error over every `stride`-th frame.
double score(const Relative& x, const Alignment& a, const PointGroup& group, std::size_t stride) {
  const std::vector<Quaternion> targets = targets_of(a, group);
  double sum = 0, count = 0;
  for (std::size_t d = 0; d < x.of.size(); d += stride, ++count)
    sum += std::min(nearest(x, d, targets).angle, kFar);
  return sum / count;
}

/// Mean of rotations, each turned to the side of the first.
class MeanRotation {
 public:
  void add(const Quaternion& q, double weight) {
    const double side = q.w * sum_.w + q.x * sum_.x + q.y * sum_.y + q.z * sum_.z;
    const double w = side < 0 ? -weight : weight;
    sum_ = {sum_.w + w * q.w, sum_.x + w * q.x, sum_.y + w * q.y, sum_.z + w * q.z};
  }
  Quaternion value() const { return normalized(sum_); }

 private:
  Quaternion sum_{0, 0, 0, 0};
};

/// Least mean angle by weights 1/angle (Weiszfeld), turn by turn G B and B.
Alignment refined(const Relative& x, Alignment a, const PointGroup& group, bool free_axes) {
  constexpr int kRounds = 30;
  constexpr double kSoft = 0.2 * kDegree;
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<Quaternion> targets = targets_of(a, group);
    MeanRotation outer, inner;
    bool any = false;
    for (std::size_t d = 0; d < x.of.size(); ++d) {
      const Nearest n = nearest(x, d, targets);
      if (n.angle > kFar) continue;
      any = true;
      const double weight = 1 / (n.angle + kSoft);
      const Quaternion& g = group.rotations[n.rotation];
      // X = outer g inner
      if (free_axes && round % 2 == 1)
        inner.add(conjugate(a.outer * g) * x.of[d][n.form], weight);
      else
        outer.add(x.of[d][n.form] * conjugate(g * a.inner), weight);
    }
    if (!any) return a;
    if (free_axes && round % 2 == 1)
      a.inner = inner.value();
    else
      a.outer = outer.value();
  }
  return a;
}

Vector3 axis_of(const Quaternion& q) {
  const double side = q.w < 0 ? -1 : 1;
  const double length = std::max(std::sqrt(q.x * q.x + q.y * q.y + q.z * q.z), 1e-30);
  return {side * q.x / length, side * q.y / length, side * q.z / length};
}

Vector3 cross(const Vector3& a, const Vector3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

double dot(const Vector3& a, const Vector3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// The rotation that takes x to a, and y to what of b is perpendicular to it; nullopt where they
/// are parallel.
std::optional<Quaternion> frame_of(const Vector3& a, const Vector3& b) {
  Vector3 c = cross(a, b);
  const double length = std::sqrt(dot(c, c));
  if (length < 0.1) return std::nullopt;
  for (double& v : c) v /= length;
  const Vector3 d = cross(c, a);
  return from_matrix({a[0], d[0], c[0], a[1], d[1], c[1], a[2], d[2], c[2]});
}

/// Rotations that lay the group's axes on those of the residual rotations, the more frequent
/// first.
std::vector<Quaternion> axes_from(const Relative& x, const Quaternion& g0, const PointGroup& group,
                                  std::size_t stride) {
  constexpr double kNear = 15 * kDegree;
  struct Cluster {
    Quaternion centre;
    std::size_t count;
  };
  std::vector<Cluster> clusters;
  for (std::size_t d = 0; d < x.of.size(); d += stride)
    for (std::size_t f = 0; f < x.forms; ++f) {
      const Quaternion residual = conjugate(g0) * x.of[d][f];
      if (angle_between_rad(residual, Quaternion{}) < 2 * kNear) continue;
      const auto at = std::ranges::find_if(clusters, [&](const Cluster& c) {
        return angle_between_rad(c.centre, residual) < kNear;
      });
      if (at == clusters.end())
        clusters.push_back({residual, 1});
      else
        ++at->count;
    }
  std::ranges::stable_sort(clusters, std::greater<>{}, &Cluster::count);
  clusters.resize(std::min<std::size_t>(clusters.size(), 6));
  std::vector<Quaternion> axes{Quaternion{}};
  const auto like = [&](const Quaternion& a, const Quaternion& b) {
    return std::abs(angle_between_rad(a, {}) - angle_between_rad(b, {})) < kNear;
  };
  const std::size_t elements = group.rotations.size();
  for (std::size_t c = 0; c < clusters.size(); ++c)
    for (std::size_t e = c + 1; e < clusters.size(); ++e)
      for (std::size_t g = 1; g < elements; ++g)
        for (std::size_t h = 1; h < elements; ++h) {
          const Quaternion &a = clusters[c].centre, &b = clusters[e].centre;
          if (g == h || !like(a, group.rotations[g]) || !like(b, group.rotations[h])) continue;
          const auto from = frame_of(axis_of(group.rotations[g]), axis_of(group.rotations[h]));
          const auto to = frame_of(axis_of(a), axis_of(b));
          if (from && to) axes.push_back(*to * conjugate(*from));
        }
  if (axes.size() == 1 && elements > 1)  // a single axis: any rotation onto it
    for (const Cluster& cluster : clusters) {
      const Vector3 from = axis_of(group.rotations[1]), to = axis_of(cluster.centre);
      const Vector3 turn = cross(from, to);
      const double sine = std::sqrt(dot(turn, turn));
      axes.push_back(sine < 1e-9 ? Quaternion{}
                                 : from_axis_angle(turn, std::atan2(sine, dot(from, to))));
    }
  return axes;
}

}  // namespace

PoseComparison compare_poses(std::span<const Quaternion> found, std::span<const Quaternion> truth,
                             const PointGroup& group, BeamTwin twin, bool free_axes) {
  if (found.size() != truth.size())
    fail("there are ", found.size(), " orientations and ", truth.size(), " true ones");
  if (found.size() < 2) fail("an alignment needs at least two frames, there are ", found.size());
  const Relative x = relative_rotations(found, truth, twin);
  const std::size_t stride = std::max<std::size_t>(1, x.of.size() / kTried);
  // Every frame tried proposes its own relative rotation.
  const PointGroup none = point_group("C1");
  const PointGroup& first = free_axes ? none : group;
  Alignment best;
  double least = 10;
  for (std::size_t d = 0; d < x.of.size(); d += stride) {
    const Alignment a{x.of[d][0], {}};
    if (const double value = score(x, a, first, stride); value < least) least = value, best = a;
  }
  best = refined(x, best, first, false);
  if (free_axes && group.rotations.size() > 1) {
    const Quaternion g0 = best.outer;
    least = 10;
    for (const Quaternion& b : axes_from(x, g0, group, stride)) {
      const Alignment a{g0 * b, conjugate(b)};
      if (const double value = score(x, a, group, stride); value < least) least = value, best = a;
    }
  }
  best = refined(x, best, group, free_axes && group.rotations.size() > 1);
  PoseComparison result{.model_from_truth = normalized(best.outer * best.inner),
                        .truth_from_group = conjugate(best.inner),
                        .error_rad = {},
                        .turn_rad = {}};
  const std::vector<Quaternion> targets = targets_of(best, group);
  for (std::size_t d = 0; d < x.of.size(); ++d) {
    const Nearest n = nearest(x, d, targets);
    result.error_rad.push_back(n.angle);
    const Quaternion turn = conjugate(targets[n.rotation] * truth[d]) * x.of[d][n.form] * truth[d];
    result.turn_rad.push_back(axis_of(turn));
    for (double& v : result.turn_rad.back()) v *= n.angle;
  }
  std::vector<double> sorted = result.error_rad;
  std::ranges::sort(sorted);
  result.median_rad = (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
  for (const double e : sorted) result.mean_rad += e / double(sorted.size());
  return result;
}

}  // namespace spi
