// SPDX-License-Identifier: GPL-3.0-or-later
// Uniform grids of orientations modulo a point group: view directions, each with a full turn of
// in-plane angles.
#pragma once

#include <cstdint>
#include <vector>

#include "libspi/geometry/point_group.h"

namespace spi {

/// The rotation Rz(a)·Ry(b) that turns z into the unit vector `direction`: the orientation of
/// in-plane angle 0 that looks along it.
Quaternion view_towards(const Vector3& direction);

/// Directions on the sphere from which a group's rotations make all others. An orientation is
/// views[k]·Rz(psi); its view direction, the beam in the model's frame, is the image of z.
struct ViewGrid {
  std::vector<Quaternion> views;      ///< [K] in-plane angle 0
  std::vector<std::uint8_t> in_zone;  ///< [K] 0: on the rim, just outside the zone
  double spacing_rad = 0;             ///< a view stands for spacing^2 of the sphere
  std::size_t zone_views() const;     ///< views in the zone
  /// No direction is farther from the nearest view, modulo the group, than this times the spacing.
  static constexpr double kCovering = 0.8;
};

/// The Fibonacci lattice of 4 pi/spacing^2 points, restricted to the zone nearer to one generic
/// direction than to its images, with a rim of kCovering·spacing around it so that the zone is
/// covered up to its border. Every lattice point has the same area of the sphere (a spiral of
/// steps of the golden angle at equal steps of z; Gonzalez, Math. Geosci. 42, 49 (2010)), which
/// neither subdivided polyhedra (areas differ by a fifth) nor rings of latitude give, and its
/// number is free, unlike HEALPix's.
/// With T in-plane angles every orientation lies within kCovering·spacing + pi/T of one in the
/// grid. UserError unless 1e-3 <= spacing <= 1 rad.
ViewGrid view_grid(const PointGroup& group, double spacing_rad);

/// The image of a direction, under the group's operations (Friedel's inversion is one of a Laue
/// class), that lies nearest to the zone's centre: of Oh the one in the triangle z >= x >= y >= 0.
Vector3 to_zone(const PointGroup& group, const Vector3& direction);

}  // namespace spi
