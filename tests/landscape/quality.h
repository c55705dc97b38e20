// SPDX-License-Identifier: GPL-3.0-or-later
// How well an embedding agrees with what is known of its points.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "libspi/base/ranks.h"
#include "libspi/embedding/points.h"

namespace spi {

/// Leave-one-out accuracy of the majority among the k nearest points in the components [0, used).
/// Between labels of equal votes the nearest decides.
inline double neighbour_accuracy(const Points& points, std::size_t used,
                                 const std::vector<int>& label, std::size_t k) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < points.rows; ++i) {
    std::vector<std::pair<double, std::size_t>> others;
    for (std::size_t j = 0; j < points.rows; ++j) {
      double distance = 0;
      for (std::size_t c = 0; c < used; ++c)
        distance += std::pow(points.embedding[i * points.components + c] -
                                 points.embedding[j * points.components + c],
                             2);
      if (j != i) others.emplace_back(distance, j);
    }
    std::partial_sort(others.begin(), others.begin() + std::ptrdiff_t(k), others.end());
    std::map<int, int> votes;
    int best = label[others[0].second];
    for (std::size_t n = 0; n < k; ++n) ++votes[label[others[n].second]];
    for (std::size_t n = 0; n < k; ++n)
      if (votes[label[others[n].second]] > votes[best]) best = label[others[n].second];
    right += best == label[i];
  }
  return double(right) / double(points.rows);
}

/// Largest |Spearman| of the components [0, used) with a known quantity.
inline double best_spearman(const Points& points, std::size_t used,
                            const std::vector<double>& known) {
  double best = 0;
  for (std::size_t c = 0; c < used; ++c) {
    std::vector<double> score;
    for (std::size_t i = 0; i < points.rows; ++i)
      score.push_back(points.embedding[i * points.components + c]);
    best = std::max(best, std::abs(spearman(score, known)));
  }
  return best;
}

}  // namespace spi
