// SPDX-License-Identifier: GPL-3.0-or-later
// Point groups in three dimensions: their operations, names, and orientations modulo a group.
//
// Setting: the n-fold axis of Cn, Cnh, Cnv, S2n, Dn, Dnh and Dnd is z; their 2-fold axes are x and
// its images, their mirrors perpendicular to x or z. T, Th, Td have 2-fold and O, Oh 4-fold axes
// along x, y, z and 3-fold axes along the diagonals. I and Ih have 2-fold axes along x, y, z and a
// 5-fold axis along (0, 1, golden ratio).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "libspi/geometry/rotation.h"

namespace spi {

struct PointGroup {
  std::string name;                   ///< Schoenflies: "Oh"
  std::string hermann_mauguin;        ///< "m-3m"
  std::string laue_name;              ///< Schoenflies name of the group with the inversion added
  std::vector<Matrix3> operations;    ///< orthogonal, the identity first
  std::vector<Quaternion> rotations;  ///< the operations of determinant 1, the identity first

  std::size_t order() const { return operations.size(); }
};

/// The group of a Schoenflies ("Oh", "D2", "C5v", any case) or Hermann-Mauguin ("m-3m", "222",
/// "5m") name: Cn, Cnh, Cnv, Dn, Dnh, Dnd, S2n for n up to 24, Ci, Cs, T, Th, Td, O, Oh, I, Ih.
/// Its operations are products of generators; entries that are multiples of 1/2 are exact, the
/// others good to 1e-13. UserError that lists the known names.
PointGroup point_group(std::string_view name);

/// The group with the inversion added, in which the intensities of a particle of that group are
/// symmetric (Friedel's law). Its rotations are what orientations found from intensities are
/// ambiguous by: more than the particle's own where that one has mirrors but no inversion.
PointGroup laue_class(const PointGroup& group);

/// Whether an operation is in the group, to 1e-6 in each entry.
bool contains(const PointGroup& group, const Matrix3& operation);

/// Of all orientations g·model_from_lab, g a rotation of the group, the one of smallest angle, with
/// w >= 0; where two angles agree to 1e-9 the earlier rotation is taken.
Quaternion to_fundamental_zone(const PointGroup& group, const Quaternion& model_from_lab);

/// Where the Ewald sphere is flat, a half turn of the detector about the beam leaves a pattern as
/// it is (Friedel's law): orientations R and R·Rz(pi) cannot be told apart.
enum class BeamTwin { distinct, same };

/// Smallest angle in rad between a and any g·b (and g·b·Rz(pi) where the twins are the same), g a
/// rotation of the group.
double misorientation_rad(const PointGroup& group, const Quaternion& a, const Quaternion& b,
                          BeamTwin twin = BeamTwin::distinct);

}  // namespace spi
