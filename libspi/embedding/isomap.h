// SPDX-License-Identifier: GPL-3.0-or-later
// Isomap (Tenenbaum, de Silva & Langford 2000): a map that keeps distances along the manifold.
#pragma once

#include "libspi/base/monitor.h"
#include "libspi/embedding/neighbours.h"
#include "libspi/embedding/points.h"

namespace spi {

/// Lengths of the shortest paths along the edges, by Dijkstra's algorithm from every point.
/// O(N E log N) time.
Distances path_lengths(const NeighbourGraph& graph, int threads, Monitor& monitor);

/// Classical scaling (Torgerson 1952): eigenvectors of -1/2 J D² J times the roots of their
/// eigenvalues, D² the squared distances and J the centring; by Lanczos, so O(N²) a product.
/// Centred, signs as fix_signs sets them; coordinates of negative eigenvalues are 0.
Points classical_scaling(const Distances& distances, std::size_t components);

}  // namespace spi
