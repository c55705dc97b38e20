// SPDX-License-Identifier: GPL-3.0-or-later
// Points of a landscape, whatever made them.
#pragma once

#include <cstddef>
#include <vector>

namespace spi {

/// N points with C coordinates each.
struct Points {
  std::size_t rows = 0, components = 0;  ///< N, C
  std::vector<double> embedding;         ///< [N][C]

  double at(std::size_t row, std::size_t component) const {
    return embedding[row * components + component];
  }
  std::vector<double> component(std::size_t which) const;  ///< [N]
};

/// Drops all but the first `count` components.
void keep_components(Points& points, std::size_t count);

/// Makes the coordinate of largest magnitude of every component positive; returns the factors (1 or
/// -1) that did it.
std::vector<double> fix_signs(Points& points);

}  // namespace spi
