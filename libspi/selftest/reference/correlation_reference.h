// SPDX-License-Identifier: GPL-3.0-or-later
// The slow definition of the correlation of a pattern with a turned slice: point by point, double.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace spi::reference {

/// Σ w x y(j+s) / √(Σ w x² Σ w y(j+s)²) over rings i and angles j, w = ring weight · measured;
/// x, measured, y: [R][T].
inline double correlation(std::span<const float> x, std::span<const float> measured,
                          std::span<const float> y, std::span<const float> ring_weight,
                          std::size_t shift) {
  const std::size_t rings = ring_weight.size(), angles = x.size() / rings;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < rings; ++i)
    for (std::size_t j = 0; j < angles; ++j) {
      const double w = double(ring_weight[i]) * measured[i * angles + j];
      const double a = x[i * angles + j], b = y[i * angles + (j + shift) % angles];
      xy += w * a * b, xx += w * a * a, yy += w * b * b;
    }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

}  // namespace spi::reference
