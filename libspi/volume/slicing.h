// SPDX-License-Identifier: GPL-3.0-or-later
// Slices of symmetrised reciprocal volumes at many points, and the adjoint of slicing.
#pragma once

#include <span>
#include <vector>

#include "libspi/volume/free_box.h"
#include "libspi/volume/query_points.h"

namespace spi {

/// [B][cosets][9]: for each coset of the box operation · R_b, a matrix of rows, in float32.
std::vector<float> coset_rotations(const FreeBox& box, std::span<const Quaternion> model_from_lab);

/// With T_V(p) the trilinear interpolation of the cube V, 0 outside of it, L the Laue class and R_b
/// the orientation of pattern b, slicing is
///   out_b(p) = 1/|L| sum over g in L of T_V(g R_b p),
/// equal to slicing the symmetrised cube where L maps the grid onto itself, and its definition
/// elsewhere. Only the free box of V is ever held, and the sum runs over the cosets (free_box.h):
/// |L|/|F| lookups of 8 voxels a point. The symmetrised cube is never formed.
class Slicer {
 public:
  Slicer(FreeBox box, QueryPoints points);

  const FreeBox& box() const { return box_; }
  const QueryPoints& points() const { return points_; }

  /// `volumes` [B][voxels] (see FreeBox; they are tied on the fly), `model_from_lab` [B];
  /// overwrites `out` [B][P]. float32.
  void slice(std::span<const float> volumes, std::span<const Quaternion> model_from_lab,
             std::span<float> out, int threads) const;

  /// The transpose of slice(): overwrites `volumes` [B][voxels] with what `values` [B][P] scatter.
  /// Every voxel adds its terms in the order of operations and points, whichever thread does it, so
  /// the result does not depend on `threads`, bit for bit. Where there are fewer patterns than
  /// threads, a volume's z range is split; each thread then goes through all points again, which
  /// costs a third of the scattering, and keeps those that touch its range.
  void adjoint(std::span<const float> values, std::span<const Quaternion> model_from_lab,
               std::span<float> volumes, int threads) const;

  /// The symmetrised cube [size][size][size] of a box: out at every voxel.
  std::vector<float> symmetrised_cube(std::span<const float> box, int threads) const;

 private:
  FreeBox box_;
  QueryPoints points_;
};

}  // namespace spi
