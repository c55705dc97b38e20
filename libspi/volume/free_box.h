// SPDX-License-Identifier: GPL-3.0-or-later
// The part of a reciprocal volume that symmetry leaves free, and how points fold into it.
//
// Intensities have the symmetry of the Laue class L of the particle (Friedel's law). Of L, the
// operations that only change signs of coordinates map the grid onto itself; they are a subgroup F:
//   {1, i}                        the half z >= 0 is free,
//   {1, i, m, 2}                  a quarter, where L holds the mirror across one axis,
//   {1, i, m, m, m, 2, 2, 2}      the octant x, y, z >= 0, where L contains mmm.
// A volume V on the whole cube that F leaves as it is, is one on the box; the mean over L is then
//   V_L(p) = |F|/|L| sum over r of V(fold(r p)),   r one operation of each coset F r.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "libspi/geometry/point_group.h"

namespace spi {

class FreeBox {
 public:
  /// The cube has size^3 voxels, centre size/2. UserError unless `size` is odd and at least 3 (an
  /// even cube has no mirror through its centre voxel).
  FreeBox(std::size_t size, const PointGroup& group);

  std::size_t size() const { return size_; }
  /// {nz, ny, nx}
  const std::array<std::size_t, 3>& shape() const { return shape_; }
  std::size_t voxels() const { return shape_[0] * shape_[1] * shape_[2]; }
  /// One operation of each coset of F in L, the identity first.
  const std::vector<Matrix3>& cosets() const { return cosets_; }
  /// |F|: 2, 4 or 8.
  std::size_t fold_order() const { return fold_order_; }

  /// Axes (x, y, z) across which there is a mirror: their coordinate folds to its magnitude.
  const std::array<bool, 3>& mirrored() const { return mirrored_; }
  /// The axis (0: x) whose sign, where it has no mirror, turns round all axes without one.
  const std::optional<int>& turned() const { return turned_; }
  /// Coordinates (x, y, z) of the box's first voxel: 0, or -(size/2) on an axis that is not folded.
  const std::array<int, 3>& first() const { return first_; }

  /// Where a point, in voxels from the centre, lies in the box. Exact.
  Vector3 fold(Vector3 p) const;

  /// On the box's plane `turned` = 0 two voxels are one point of the cube: gives both their mean.
  /// Linear, its own adjoint, its own square; nothing to do for an octant. `box` is [nz][ny][nx].
  void tie(std::span<float> box) const;
  /// The pairs of voxels that tie() gives their mean: flat indices, two a pair.
  std::vector<std::uint32_t> tied_pairs() const;

  /// The whole cube [size][size][size] that F makes of a tied box.
  std::vector<float> unfold(std::span<const float> box) const;
  /// The box of a cube: the mean over F. fold_cube(unfold(box)) is the tied box.
  std::vector<float> fold_cube(std::span<const float> cube) const;

 private:
  std::size_t offset(const Vector3& folded) const;

  std::size_t size_;
  std::array<bool, 3> mirrored_{};
  std::optional<int> turned_;
  std::array<int, 3> first_{};
  std::array<std::size_t, 3> shape_{};
  std::size_t fold_order_ = 2;
  std::vector<Matrix3> cosets_;
};

}  // namespace spi
