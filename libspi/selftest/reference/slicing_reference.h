// SPDX-License-Identifier: GPL-3.0-or-later
// The slow way to slice a symmetric volume, and back: the whole cube, one point at a time, in
// double.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "libspi/volume/free_box.h"

namespace spi::reference {

/// Trilinear interpolation of a cube [n][n][n] at p, voxels from its centre; 0 outside.
inline double trilinear(std::span<const float> cube, std::size_t n, const Vector3& p) {
  const double half = double(n / 2);
  for (const double v : p)
    if (!(std::abs(v) <= half)) return 0;
  std::size_t low[3];
  double f[3];
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double at = p[axis] + half;
    low[axis] = std::min(std::size_t(at), n - 2);
    f[axis] = at - double(low[axis]);
  }
  double sum = 0;
  for (std::size_t corner = 0; corner < 8; ++corner) {
    const std::size_t dx = corner & 1, dy = corner >> 1 & 1, dz = corner >> 2;
    const double weight = (dx ? f[0] : 1 - f[0]) * (dy ? f[1] : 1 - f[1]) * (dz ? f[2] : 1 - f[2]);
    sum += weight * cube[((low[2] + dz) * n + low[1] + dy) * n + low[0] + dx];
  }
  return sum;
}

/// The transpose of trilinear(): adds a value at p to the cube.
inline void scatter_trilinear(double value, const Vector3& p, std::size_t n,
                              std::span<double> cube) {
  const double half = double(n / 2);
  for (const double v : p)
    if (!(std::abs(v) <= half)) return;
  for (std::size_t corner = 0; corner < 8; ++corner) {
    double weight = value;
    std::size_t at = 0;
    for (const std::size_t axis : {2, 1, 0}) {
      const double along = p[axis] + half;
      const std::size_t voxel = std::min(std::size_t(along), n - 2) + (corner >> axis & 1);
      weight *= 1 - std::abs(along - double(voxel));
      at = at * n + voxel;
    }
    cube[at] += weight;
  }
}

/// 1/|L| sum over g in L of T(g p), L the Laue class of the group.
inline double symmetric_value(std::span<const float> cube, std::size_t n, const PointGroup& group,
                              const Vector3& p) {
  const PointGroup laue = laue_class(group);
  double sum = 0;
  for (const Matrix3& g : laue.operations) sum += trilinear(cube, n, rotate(g, p));
  return sum / double(laue.order());
}

/// The transpose of slicing a box, whose tied cube symmetric_value() looks up at `points`: what
/// `values` there scatter into each voxel of the box.
inline std::vector<double> symmetric_adjoint(const FreeBox& box, const PointGroup& group,
                                             std::span<const Vector3> points,
                                             std::span<const float> values) {
  const PointGroup laue = laue_class(group);
  const std::size_t n = box.size();
  std::vector<double> cube(n * n * n), sums(box.voxels());
  for (std::size_t i = 0; i < points.size(); ++i)
    for (const Matrix3& g : laue.operations)
      scatter_trilinear(values[i] / double(laue.order()), rotate(g, points[i]), n, cube);
  const auto centred = [n](std::size_t index) { return double(index) - double(n / 2); };
  for (std::size_t v = 0; v < cube.size(); ++v) {
    const Vector3 folded =
        box.fold(Vector3{centred(v % n), centred(v / n % n), centred(v / (n * n))});
    std::size_t at = 0;
    for (const std::size_t axis : {2, 1, 0})
      at = at * box.shape()[2 - axis] + std::size_t(folded[axis] - box.first()[axis]);
    sums[at] += cube[v];
  }
  const std::vector<std::uint32_t> pairs = box.tied_pairs();
  for (std::size_t p = 0; p < pairs.size(); p += 2)
    sums[pairs[p]] = sums[pairs[p + 1]] = (sums[pairs[p]] + sums[pairs[p + 1]]) / 2;
  return sums;
}

/// symmetric_value() at every voxel: the cube averaged over |L| copies.
inline std::vector<float> symmetrise(std::span<const float> cube, std::size_t n,
                                     const PointGroup& group) {
  std::vector<float> result;
  const double half = double(n / 2);
  for (std::size_t z = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x)
        result.push_back(float(symmetric_value(
            cube, n, group, {double(x) - half, double(y) - half, double(z) - half})));
  return result;
}

}  // namespace spi::reference
