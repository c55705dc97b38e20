// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/geometry/orientation_grid.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// The direction that marks the zone: in no mirror and on no axis of any group here, between the
/// axes z, (1,0,1) and (1,1,1).
constexpr Vector3 kMark{0.4394, 0.1847, 0.8791};

double dot(const Vector3& a, const Vector3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// Unit normals of the planes half way between the mark and its images, towards the images.
std::vector<Vector3> zone_walls(const PointGroup& group) {
  std::vector<Vector3> walls;
  for (std::size_t g = 1; g < group.rotations.size(); ++g) {
    const Vector3 image = rotate(group.rotations[g], kMark);
    const Vector3 step{image[0] - kMark[0], image[1] - kMark[1], image[2] - kMark[2]};
    const double length = std::sqrt(dot(step, step));
    walls.push_back({step[0] / length, step[1] / length, step[2] / length});
  }
  return walls;
}

}  // namespace

Quaternion view_towards(const Vector3& direction) {
  const double polar = std::atan2(std::hypot(direction[0], direction[1]), direction[2]);
  const double azimuth = std::atan2(direction[1], direction[0]);
  return from_axis_angle({0, 0, 1}, azimuth) * from_axis_angle({0, 1, 0}, polar);
}

std::size_t ViewGrid::zone_views() const {
  return std::size_t(std::ranges::count(in_zone, std::uint8_t{1}));
}

ViewGrid view_grid(const PointGroup& group, double spacing_rad) {
  if (!(spacing_rad >= 1e-3 && spacing_rad <= 1))
    fail("a grid of orientations ", spacing_rad, " rad apart cannot be made: 0.001 to 1 rad can");
  const auto points = std::size_t(std::ceil(4 * std::numbers::pi / (spacing_rad * spacing_rad)));
  const std::vector<Vector3> walls = zone_walls(group);
  const double rim = std::sin(ViewGrid::kCovering * spacing_rad);
  ViewGrid grid{.views = {}, .in_zone = {}, .spacing_rad = spacing_rad};
  for (std::size_t n = 0; n < points; ++n) {
    const double z = 1 - (2 * double(n) + 1) / double(points);
    const double turns = double(n) / std::numbers::phi;
    const double azimuth = 2 * std::numbers::pi * (turns - std::floor(turns));
    const double across = std::sqrt((1 - z) * (1 + z));
    const Vector3 direction{across * std::cos(azimuth), across * std::sin(azimuth), z};
    double outside = -1;
    for (const Vector3& wall : walls) outside = std::max(outside, dot(wall, direction));
    if (outside > rim) continue;
    grid.views.push_back(view_towards(direction));
    grid.in_zone.push_back(outside <= 0);
  }
  return grid;
}

Vector3 to_zone(const PointGroup& group, const Vector3& direction) {
  Vector3 best = direction;
  for (const Matrix3& operation : group.operations) {
    const Vector3 image = rotate(operation, direction);
    if (dot(image, kMark) > dot(best, kMark)) best = image;
  }
  return best;
}

}  // namespace spi
