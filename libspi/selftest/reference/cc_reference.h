// SPDX-License-Identifier: GPL-3.0-or-later
// Slow definitions of the common-line correlation, in double, one pair of lines at a time.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "libspi/commonline/cc_matrix.h"

namespace spi::reference {

/// Weighted Pearson correlation Σw(x-x̄)(y-ȳ) / √(Σw(x-x̄)² Σw(y-ȳ)²), w = wx·wy.
inline double weighted_correlation(const float* x, const float* wx, const float* y, const float* wy,
                                   std::size_t count) {
  double w = 0, mean_x = 0, mean_y = 0;
  for (std::size_t k = 0; k < count; ++k) {
    w += double(wx[k]) * wy[k];
    mean_x += double(wx[k]) * wy[k] * x[k];
    mean_y += double(wx[k]) * wy[k] * y[k];
  }
  mean_x /= w, mean_y /= w;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const double weight = double(wx[k]) * wy[k], dx = x[k] - mean_x, dy = y[k] - mean_y;
    xy += weight * dx * dy, xx += weight * dx * dx, yy += weight * dy * dy;
  }
  return xy / std::sqrt(xx * yy);
}

/// The definition (Zhuang et al. 2022, section 2.2.2): max over a, b of Pearson's correlation of
/// two intensity lines.
inline double best_correlation(const LineSet& lines, std::size_t i, std::size_t j) {
  const std::vector<float> ones(lines.features, 1.f);
  double best = -2;
  for (std::size_t a = 0; a < lines.angles; ++a)
    for (std::size_t b = 0; b < lines.angles; ++b)
      best = std::max(best, weighted_correlation(lines.line(i, a), ones.data(), lines.line(j, b),
                                                 ones.data(), lines.features));
  return best;
}

/// max over a, b of <l_ia, l_jb>.
inline double best_product(const LineSet& lines, std::size_t i, std::size_t j) {
  double best = -2;
  for (std::size_t a = 0; a < lines.angles; ++a)
    for (std::size_t b = 0; b < lines.angles; ++b) {
      double sum = 0;
      for (std::size_t f = 0; f < lines.features; ++f)
        sum += double(lines.line(i, a)[f]) * lines.line(j, b)[f];
      best = std::max(best, sum);
    }
  return best;
}

/// max over a, b of the weighted correlation of two lines.
inline double best_weighted_correlation(const LineSet& lines, std::size_t i, std::size_t j) {
  double best = -2;
  for (std::size_t a = 0; a < lines.angles; ++a)
    for (std::size_t b = 0; b < lines.angles; ++b) {
      const std::size_t x = (i * lines.angles + a) * lines.features,
                        y = (j * lines.angles + b) * lines.features;
      best =
          std::max(best, weighted_correlation(&lines.values[x], &lines.weight[x], &lines.values[y],
                                              &lines.weight[y], lines.features));
    }
  return best;
}

}  // namespace spi::reference
