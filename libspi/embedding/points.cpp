// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/points.h"

#include <algorithm>
#include <cmath>

namespace spi {

std::vector<double> Points::component(std::size_t which) const {
  std::vector<double> values(rows);
  for (std::size_t i = 0; i < rows; ++i) values[i] = at(i, which);
  return values;
}

void keep_components(Points& points, std::size_t count) {
  if (count >= points.components) return;
  for (std::size_t i = 0; i < points.rows; ++i)
    std::copy_n(&points.embedding[i * points.components], count, &points.embedding[i * count]);
  points.embedding.resize(points.rows * count);
  points.components = count;
}

std::vector<double> fix_signs(Points& points) {
  std::vector<double> factors;
  for (std::size_t c = 0; c < points.components; ++c) {
    double largest = 0;
    for (std::size_t i = 0; i < points.rows; ++i)
      if (std::abs(points.at(i, c)) > std::abs(largest)) largest = points.at(i, c);
    factors.push_back(largest < 0 ? -1 : 1);
    for (std::size_t i = 0; largest < 0 && i < points.rows; ++i)
      points.embedding[i * points.components + c] *= -1;
  }
  return factors;
}

}  // namespace spi
