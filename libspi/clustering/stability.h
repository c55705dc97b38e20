// SPDX-License-Identifier: GPL-3.0-or-later
// Whether clusters come back when the points are drawn anew. Internal.
#pragma once

#include <functional>

#include "libspi/clustering/clusters.h"

namespace spi {

/// Clusters points anew: (points, seed) -> partition; called from several threads.
using Clusterer = std::function<Partition(const Points&, std::uint64_t)>;

/// Draws N of the N points with replacement `repeats` times and clusters those that were drawn,
/// each once: copies of a point would be a cluster of any density. Each new division is compared
/// with `found` on the drawn points. Draw r is keyed by (seed, r).
ClusterStability cluster_stability(const Points& points, const Partition& found,
                                   const Clusterer& cluster, std::size_t repeats,
                                   std::uint64_t seed, int threads, Monitor& monitor);

}  // namespace spi
