// SPDX-License-Identifier: GPL-3.0-or-later
// The slow definition of how likely a frame is at an orientation: Poisson, pixel by pixel, on the
// detector's own pixels, double.
#pragma once

#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "libspi/geometry/rotation.h"

namespace spi::reference {

/// The pixels that take part: where they look (lab frame) and Σ correction·Ī of the mean pattern.
struct LabPixels {
  std::vector<Vector3> place;
  std::vector<double> expected;
};

/// ln of the Poisson probability of `counts` at fluence N/Z, less that of the mean pattern at
/// fluence N/A: with μ_t = φ e_t W(R p_t), Σ_t (n ln μ − μ − ln n!), term by term.
inline double gain(const LabPixels& pixels, std::span<const double> counts,
                   const std::function<double(const Vector3&)>& rate,
                   const Quaternion& model_from_lab) {
  double n = 0, z = 0, a = 0;
  std::vector<double> w;
  for (std::size_t t = 0; t < counts.size(); ++t) {
    w.push_back(rate(rotate(model_from_lab, pixels.place[t])));
    n += counts[t], z += pixels.expected[t] * w[t], a += pixels.expected[t];
  }
  const auto log_poisson = [](double count, double mean) {
    return count * std::log(mean) - mean - std::lgamma(count + 1);
  };
  double sum = 0;
  for (std::size_t t = 0; t < counts.size(); ++t)
    sum += log_poisson(counts[t], n / z * pixels.expected[t] * w[t]) -
           log_poisson(counts[t], n / a * pixels.expected[t]);
  return sum;
}

/// Trilinear interpolation of a cube [n][n][n] at a point in voxels from its centre voxel n/2.
inline double trilinear(std::span<const float> cube, std::size_t n, const Vector3& p) {
  double sum = 0;
  const double c = double(n / 2);
  const auto x = std::floor(p[0] + c), y = std::floor(p[1] + c), z = std::floor(p[2] + c);
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 2; ++j)
      for (int i = 0; i < 2; ++i) {
        const double weight = (1 - std::abs(p[0] + c - x - i)) * (1 - std::abs(p[1] + c - y - j)) *
                              (1 - std::abs(p[2] + c - z - k));
        sum +=
            weight * cube[(std::size_t(z + k) * n + std::size_t(y + j)) * n + std::size_t(x + i)];
      }
  return sum;
}

}  // namespace spi::reference
