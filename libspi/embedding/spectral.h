// SPDX-License-Identifier: GPL-3.0-or-later
// Spectral embedding (Belkin & Niyogi 2003, Laplacian eigenmaps): the slowest modes of diffusion
// on the graph of neighbours.
#pragma once

#include "libspi/embedding/neighbours.h"
#include "libspi/embedding/points.h"

namespace spi {

/// Weights of the graph's edges, in its order: exp(-d_ij² / (s_i s_j)) with s the distance to the
/// k-th nearest (Zelnik-Manor & Perona 2004), but at least exp(-1): that is what an edge to the
/// k-th nearest of equal neighbours weighs, and a lone point or a bridge between pieces has no
/// less.
std::vector<double> edge_weights(const NeighbourGraph& graph);

/// Eigenvectors of the random walk, f = D^(-1/2) v with (1 - D^(-1/2) W D^(-1/2)) v = λ v and D the
/// sums of the rows of W, for the smallest λ beside the constant one. Scaled so that the mean of
/// f², weighted with D, is 1; signs as fix_signs sets them.
Points spectral_embedding(const NeighbourGraph& graph, std::size_t components);

}  // namespace spi
