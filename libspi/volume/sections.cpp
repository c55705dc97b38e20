// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/sections.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libspi/base/error.h"

namespace spi {
namespace {

Vector3 unit(const Vector3& v) {
  const double norm = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  return {v[0] / norm, v[1] / norm, v[2] / norm};
}

Vector3 cross(const Vector3& a, const Vector3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

float trilinear(std::span<const float> cube, std::size_t n, const Vector3& at) {
  std::array<std::size_t, 3> low{};
  Vector3 f{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double v = std::clamp(at[axis], 0.0, double(n - 1));
    low[axis] = std::min(std::size_t(v), n - 2);
    f[axis] = v - double(low[axis]);
  }
  double sum = 0;
  for (std::size_t corner = 0; corner < 8; ++corner) {
    const std::size_t x = corner & 1, y = corner >> 1 & 1, z = corner >> 2;
    sum += (x ? f[0] : 1 - f[0]) * (y ? f[1] : 1 - f[1]) * (z ? f[2] : 1 - f[2]) *
           cube[((low[2] + z) * n + low[1] + y) * n + low[0] + x];
  }
  return float(sum);
}

}  // namespace

std::vector<float> section(std::span<const float> cube, std::size_t n, const Section& plane) {
  SPI_ASSERT(cube.size() == n * n * n && n >= 2);
  const Vector3 right = unit(plane.across), up = cross(unit(plane.normal), right);
  const int half = int(n / 2);
  std::vector<float> values;
  for (int y = -half; y < int(n) - half; ++y)
    for (int x = -half; x < int(n) - half; ++x) {
      Vector3 at;
      for (std::size_t axis = 0; axis < 3; ++axis) at[axis] = half + x * right[axis] + y * up[axis];
      values.push_back(x * x + y * y <= half * half ? trilinear(cube, n, at)
                                                    : std::numeric_limits<float>::quiet_NaN());
    }
  return values;
}

}  // namespace spi
