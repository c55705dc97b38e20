// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/model_symmetry.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/parallel.h"
#include "libspi/volume/fourier.h"
#include "libspi/volume/register.h"
#include "libspi/volume/rotation_search.h"

namespace spi {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kStep = 8 * kDegree;   ///< of the grid that is searched
constexpr double kApart = 1.5 * kStep;  ///< as the search keeps its matches apart
constexpr double kAlike = 0.5;
constexpr std::size_t kLeastVoxels = 9;  ///< across, for a search over rotations

/// The modulation of a model's middle; n is 0 where the radius holds too few voxels.
struct Modulation {
  std::size_t n = 0;
  std::vector<float> contrast = {};
};

Modulation modulation_of(const Cube& model, double radius) {
  const std::size_t n = std::min(model.n, 2 * std::size_t(std::ceil(radius)) + 3) | 1;
  if (n < kLeastVoxels) return {};
  const std::vector<float> crop = central_cube(std::span<const float>(model.values), model.n, n);
  return {n, shell_contrast(crop, n).values};
}

}  // namespace

std::vector<Quaternion> pseudo_symmetries(const Cube& model, const PointGroup& laue, double radius,
                                          std::size_t most, int threads) {
  const auto [n, contrast] = modulation_of(model, radius);
  if (n == 0) return {};
  // The operations of the class, and its axes' neighbourhoods, are among the matches of each band.
  const std::size_t per_band = 2 * (most + laue.rotations.size());
  const RotationSearch search = search_rotations(contrast, contrast, n, kStep, per_band, threads);
  const SplineVolume spline(contrast, n, threads);
  const RegisterOptions options{.radius = radius, .translate = false};
  std::vector<RotationMatch> found;
  const auto is_known = [&](const Quaternion& q) {
    const auto near = [&](const RotationMatch& m) {
      return misorientation_rad(laue, m.rotation, q) < kApart;
    };
    return misorientation_rad(laue, q, Quaternion{}) < kApart || std::ranges::any_of(found, near);
  };
  for (const RotationMatch& match : search.matches) {
    if (is_known(match.rotation)) continue;
    const Registered refined =
        register_volume(contrast, spline, {.rotation = match.rotation}, options, threads);
    const Quaternion& q = refined.motion.rotation;
    if (refined.correlation > kAlike && !is_known(q))
      found.push_back({q, refined.correlation, radius});
  }
  std::ranges::stable_sort(found, std::greater{}, &RotationMatch::correlation);
  std::vector<Quaternion> rotations;
  for (const RotationMatch& match : found)
    if (rotations.size() < most) rotations.push_back(match.rotation);
  return rotations;
}

GroupAxes model_axes(const Cube& model, const PointGroup& laue, double radius, int threads) {
  const auto [n, contrast] = modulation_of(model, radius);
  if (n == 0) return {};
  return find_group_axes(contrast, n, laue, radius, threads);
}

Cube turned(const Cube& model, const Quaternion& b, int threads) {
  const std::size_t n = model.n;
  const double centre = double(n / 2), most = centre - 1.01;
  Cube result(n);
  parallel_for(n, threads, [&](std::size_t k, int) {
    LabPoints plane;
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = 0; i < n; ++i) {
        const double x = double(i) - centre, y = double(j) - centre, z = double(k) - centre;
        const double inwards = std::min(1., most / std::max(std::hypot(x, y, z), 1e-9));
        plane.x.push_back(float(inwards * x));
        plane.y.push_back(float(inwards * y));
        plane.z.push_back(float(inwards * z));
      }
    plane.reach = most;
    slice(model, plane, b, &result.values[k * n * n]);
  });
  return result;
}

}  // namespace spi
