// SPDX-License-Identifier: GPL-3.0-or-later
// Cubic B-spline interpolation on a cubic grid whose coefficients are known.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace spi {

/// f(x, y, z) = sum_ijk c[k][j][i] b(x - i) b(y - j) b(z - k) with the cubic B-spline b, in units
/// of the grid step. T: float, or std::complex<float>.
template <class T>
class SplineGrid {
 public:
  SplineGrid() = default;
  /// n^3 zeros, [z][y][x].
  explicit SplineGrid(std::size_t n) : n_(n), values_(n * n * n) {}

  std::size_t size() const { return n_; }
  T* row(std::size_t z, std::size_t y) { return values_.data() + (z * n_ + y) * n_; }
  const T* row(std::size_t z, std::size_t y) const { return values_.data() + (z * n_ + y) * n_; }

  /// Value at a point with every coordinate in [1, n - 2).
  T at(float x, float y, float z) const {
    const auto i = static_cast<int>(x), j = static_cast<int>(y), k = static_cast<int>(z);
    const auto wx = weights(x - static_cast<float>(i)), wy = weights(y - static_cast<float>(j));
    const auto wz = weights(z - static_cast<float>(k));
    std::array<T, 4> columns{};
    for (int c = 0; c < 4; ++c) {
      for (int b = 0; b < 4; ++b) {
        const T* taps = row(k - 1 + c, j - 1 + b) + (i - 1);
        const float w = wz[c] * wy[b];
        for (int a = 0; a < 4; ++a) columns[a] += w * taps[a];
      }
    }
    return columns[0] * wx[0] + columns[1] * wx[1] + columns[2] * wx[2] + columns[3] * wx[3];
  }

  /// The value there and its three derivatives, {value, d/dx, d/dy, d/dz}.
  std::array<T, 4> with_gradient(float x, float y, float z) const {
    const auto i = static_cast<int>(x), j = static_cast<int>(y), k = static_cast<int>(z);
    const float fx = x - static_cast<float>(i), fy = y - static_cast<float>(j),
                fz = z - static_cast<float>(k);
    const auto wx = weights(fx), wy = weights(fy), wz = weights(fz);
    const auto dx = slopes(fx), dy = slopes(fy), dz = slopes(fz);
    std::array<T, 4> plain{}, along_y{}, along_z{};  // sums over y and z, by column of x
    for (int c = 0; c < 4; ++c)
      for (int b = 0; b < 4; ++b) {
        const T* taps = row(k - 1 + c, j - 1 + b) + (i - 1);
        const float w = wz[c] * wy[b], wdy = wz[c] * dy[b], wdz = dz[c] * wy[b];
        for (int a = 0; a < 4; ++a) {
          plain[a] += w * taps[a];
          along_y[a] += wdy * taps[a];
          along_z[a] += wdz * taps[a];
        }
      }
    std::array<T, 4> result{};
    for (int a = 0; a < 4; ++a) {
      result[0] += wx[a] * plain[a];
      result[1] += dx[a] * plain[a];
      result[2] += wx[a] * along_y[a];
      result[3] += wx[a] * along_z[a];
    }
    return result;
  }

 private:
  static std::array<float, 4> slopes(float f) {
    const float g = 1 - f;
    return {-g * g / 2, f * (1.5f * f - 2), g * (2 - 1.5f * g), f * f / 2};
  }
  static std::array<float, 4> weights(float f) {
    const float g = 1 - f;
    return {g * g * g / 6, 2.0f / 3 - f * f * (1 - f / 2), 2.0f / 3 - g * g * (1 - g / 2),
            f * f * f / 6};
  }

  std::size_t n_ = 0;
  std::vector<T> values_;
};

}  // namespace spi
