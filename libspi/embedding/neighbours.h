// SPDX-License-Identifier: GPL-3.0-or-later
// Distances between patterns, and the graph of nearest neighbours that other maps than PCA draw on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spi {

/// Distances between N points: symmetric, 0 on the diagonal.
struct Distances {
  std::size_t points = 0;     ///< N
  std::vector<float> values;  ///< [N][N]

  std::span<const float> from(std::size_t i) const { return {&values[i * points], points}; }
};

/// Euclidean distances between the rows of `features` [N][M]; of a CC matrix, how differently two
/// patterns correlate with all others. O(N² M) time; equal for any thread count.
Distances row_distances(const std::vector<float>& features, std::size_t points, int threads);

/// An undirected graph, connected, of N points. Neighbours of i are entries start[i] to, not
/// including, start[i+1].
struct NeighbourGraph {
  std::vector<std::size_t> start;  ///< [N+1]
  std::vector<std::uint32_t> to;
  std::vector<float> length;
  std::vector<float> reach;    ///< [N] distance to the k-th nearest
  std::size_t neighbours = 0;  ///< k
  std::size_t pieces = 1;      ///< into which the k nearest alone fall

  std::size_t points() const { return reach.size(); }
};

/// An edge wherever one of two points is among the k nearest of the other (ties: the lower index
/// is nearer). Pieces that remain apart are joined by the shortest edges that do it (a minimum
/// spanning tree of the pieces). 1 <= k < N.
NeighbourGraph neighbour_graph(const Distances& distances, std::size_t k, int threads);

}  // namespace spi
