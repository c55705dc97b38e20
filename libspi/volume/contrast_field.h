// SPDX-License-Identifier: GPL-3.0-or-later
// Where searches over rotations look a contrast up.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace spi {

/// A contrast with one voxel more on each side, so that trilinear lookups need no tests.
class ContrastField {
 public:
  ContrastField(std::span<const float> values, std::size_t n) : m_(n + 1), centre_(float(n / 2)) {
    values_.resize(m_ * m_ * m_);
    for (std::size_t z = 0; z < n; ++z)
      for (std::size_t y = 0; y < n; ++y)
        std::copy_n(&values[(z * n + y) * n], n, &values_[(z * m_ + y) * m_]);
  }
  float at(float x, float y, float z) const {
    x += centre_, y += centre_, z += centre_;
    const auto i = std::size_t(x), j = std::size_t(y), k = std::size_t(z);
    const float fx = x - float(i), fy = y - float(j), fz = z - float(k);
    const float* v = &values_[(k * m_ + j) * m_ + i];
    const auto plane = [&](const float* p) {
      const float low = p[0] + fx * (p[1] - p[0]), high = p[m_] + fx * (p[m_ + 1] - p[m_]);
      return low + fy * (high - low);
    };
    const float low = plane(v), high = plane(v + m_ * m_);
    return low + fz * (high - low);
  }

 private:
  std::size_t m_;
  float centre_;
  std::vector<float> values_;
};

/// Coordinates about the centre, in voxels.
struct ContrastPoints {
  std::vector<float> x, y, z;
};

/// Some thousand points of half the sphere (Friedel) on shells from a quarter of the radius to all
/// of it, as many on each as its area asks for: Fibonacci's lattice, turned from shell to shell.
ContrastPoints contrast_points(double radius);

}  // namespace spi
