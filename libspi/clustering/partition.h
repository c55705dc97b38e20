// SPDX-License-Identifier: GPL-3.0-or-later
// Points divided into clusters, and how divisions are judged and compared.
#pragma once

#include <cstddef>
#include <vector>

#include "libspi/embedding/points.h"

namespace spi {

/// Labels 0 to K-1; -1 is noise.
struct Partition {
  std::vector<int> label;           ///< [N]
  std::vector<double> probability;  ///< [N] of that label; noise 0
  std::size_t clusters = 0;         ///< K
};

std::vector<std::size_t> cluster_sizes(const Partition& partition);  ///< [K]

/// [K][C] means of the members; zeros for a cluster without any.
std::vector<double> cluster_centres(const Partition& partition, const Points& points);

/// Numbers the clusters anew: the largest first, of equal ones the one whose centre has the smaller
/// first (second, ...) coordinate. Drops empty ones.
Partition in_order(const Partition& partition, const Points& points);

/// Mean silhouettes (Rousseeuw 1987) of several partitions of the same points: (b - a)/max(a, b)
/// with a the mean distance to the own cluster and b the least mean distance to another one; 0 for
/// single members and where there is one cluster; noise does not count. O(N² C) in all.
std::vector<double> silhouettes(const std::vector<Partition>& partitions, const Points& points,
                                int threads);

/// Adjusted Rand index (Hubert & Arabie 1985): 1 for the same division, 0 expected by chance. Noise
/// counts as a cluster.
double adjusted_rand_index(const std::vector<int>& a, const std::vector<int>& b);

/// Of each of the K clusters of a: the largest |A∩B|/|A∪B| with a cluster B of b; NaN where A is
/// empty. Noise of b is no cluster.
std::vector<double> jaccard_indices(const std::vector<int>& a, std::size_t clusters,
                                    const std::vector<int>& b);

}  // namespace spi
