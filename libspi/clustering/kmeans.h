// SPDX-License-Identifier: GPL-3.0-or-later
// k-means (Lloyd 1982) from k-means++ starts (Arthur & Vassilvitskii 2007).
#pragma once

#include <cstdint>

#include "libspi/clustering/partition.h"

namespace spi {

struct KMeans {
  Partition partition;  ///< probabilities 1
  double inertia = 0;   ///< Σ squared distances to the nearest centre
};

/// The best of `starts` runs, each to where no label changes. Start s draws from (seed, s) alone.
/// A centre that loses all points goes to the point farthest from its own; clusters stay empty
/// where there are fewer different points than clusters. 1 <= clusters <= N.
KMeans kmeans(const Points& points, std::size_t clusters, std::size_t starts, std::uint64_t seed,
              int threads);

}  // namespace spi
