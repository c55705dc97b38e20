// SPDX-License-Identifier: GPL-3.0-or-later
// The picture of clusters in a landscape.
#pragma once

#include "libspi/clustering/clusters.h"
#include "libspi/plot/figure.h"

namespace spi {

/// Pairs of components coloured by cluster, the scores of every number of clusters that was tried,
/// and how far each cluster comes back in resamples.
plot::Figure clusters_figure(const Clusters& clusters, const Coordinates& coordinates);

}  // namespace spi
