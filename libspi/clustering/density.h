// SPDX-License-Identifier: GPL-3.0-or-later
// Clusters as regions of high density at any scale: HDBSCAN (Campello, Moulavi & Sander 2013).
#pragma once

#include "libspi/clustering/partition.h"

namespace spi {

/// A cluster is what stays together, as the density that is asked for rises, longest for its size
/// ("excess of mass"), and has at least `least_size` members at any one time; the density at a
/// point is that of its `least_size` nearest, itself included. Points that belong to none are
/// noise. All points are one cluster where no density divides them. The probability is the density
/// at which a point leaves its cluster over the largest such density in it. 2 <= least_size <= N;
/// O(N² C) time, O(N) memory; no random numbers.
Partition density_clusters(const Points& points, std::size_t least_size, int threads);

}  // namespace spi
