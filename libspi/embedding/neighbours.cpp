// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

float squared_distance(const float* a, const float* b, std::size_t count) {
  constexpr std::size_t kLanes = 16;  // independent sums, so that the loop becomes vector code
  float lane[kLanes] = {};
  std::size_t j = 0;
  for (; j + kLanes <= count; j += kLanes)
    for (std::size_t l = 0; l < kLanes; ++l) {
      const float difference = a[j + l] - b[j + l];
      lane[l] += difference * difference;
    }
  for (; j < count; ++j) lane[0] += (a[j] - b[j]) * (a[j] - b[j]);
  return std::accumulate(lane, lane + kLanes, 0.f);
}

using Edges = std::vector<std::vector<std::uint32_t>>;  // [N] ends of the edges from each point

/// The k nearest of every point, nearest first.
Edges nearest(const Distances& distances, std::size_t k, int threads) {
  Edges edges(distances.points);
  parallel_for(distances.points, threads, [&](std::size_t i, int) {
    const auto from = distances.from(i);
    std::vector<std::uint32_t> order(distances.points);
    std::iota(order.begin(), order.end(), 0);
    order.erase(order.begin() + std::ptrdiff_t(i));
    const auto nearer = [&](std::uint32_t a, std::uint32_t b) {
      return from[a] != from[b] ? from[a] < from[b] : a < b;
    };
    std::partial_sort(order.begin(), order.begin() + std::ptrdiff_t(k), order.end(), nearer);
    edges[i].assign(order.begin(), order.begin() + std::ptrdiff_t(k));
  });
  return edges;
}

/// Adds the other direction of every edge; ends ascend and come once.
void make_undirected(Edges& edges) {
  Edges reverse(edges.size());
  for (std::size_t i = 0; i < edges.size(); ++i)
    for (const std::uint32_t j : edges[i]) reverse[j].push_back(std::uint32_t(i));
  for (std::size_t i = 0; i < edges.size(); ++i) {
    edges[i].insert(edges[i].end(), reverse[i].begin(), reverse[i].end());
    std::ranges::sort(edges[i]);
    edges[i].erase(std::unique(edges[i].begin(), edges[i].end()), edges[i].end());
  }
}

/// The points that can be reached from `first`, none of which `reached` holds yet; marks them.
std::vector<std::uint32_t> piece_of(const Edges& edges, std::uint32_t first,
                                    std::vector<bool>& reached) {
  std::vector<std::uint32_t> piece{first};
  reached[first] = true;
  for (std::size_t next = 0; next < piece.size(); ++next)
    for (const std::uint32_t j : edges[piece[next]])
      if (!reached[j]) {
        reached[j] = true;
        piece.push_back(j);
      }
  return piece;
}

/// Prim's algorithm on the pieces: from the first piece, again and again the shortest edge out of
/// what is joined. Returns the number of pieces.
std::size_t join_pieces(const Distances& distances, Edges& edges) {
  const std::size_t n = distances.points;
  std::vector<bool> joined(n, false);
  std::vector<float> length(n, std::numeric_limits<float>::infinity());
  std::vector<std::uint32_t> from(n, 0);
  std::uint32_t next = 0;
  for (std::size_t pieces = 1;; ++pieces) {
    for (const std::uint32_t i : piece_of(edges, next, joined))
      for (std::uint32_t j = 0; j < n; ++j)
        if (!joined[j] && distances.from(i)[j] < length[j]) {
          length[j] = distances.from(i)[j];
          from[j] = i;
        }
    std::optional<std::uint32_t> best;
    for (std::uint32_t j = 0; j < n; ++j)
      if (!joined[j] && (!best || length[j] < length[*best])) best = j;
    if (!best) return pieces;
    next = *best;
    edges[from[next]].push_back(next);
  }
}

}  // namespace

Distances row_distances(const std::vector<float>& features, std::size_t points, int threads) {
  SPI_ASSERT(points > 0 && features.size() % points == 0);
  constexpr std::size_t kBlock = 16;  // rows that stay in cache while others pass by
  const std::size_t m = features.size() / points, blocks = (points + kBlock - 1) / kBlock;
  Distances result{.points = points, .values = std::vector<float>(points * points)};
  parallel_for(blocks, threads, [&](std::size_t block, int) {
    const std::size_t first = block * kBlock, last = std::min(points, first + kBlock);
    for (std::size_t j = first + 1; j < points; ++j)
      for (std::size_t i = first; i < std::min(last, j); ++i)
        result.values[i * points + j] = result.values[j * points + i] =
            std::sqrt(squared_distance(&features[i * m], &features[j * m], m));
  });
  return result;
}

NeighbourGraph neighbour_graph(const Distances& distances, std::size_t k, int threads) {
  const std::size_t n = distances.points;
  SPI_ASSERT(k >= 1 && k < n);
  NeighbourGraph graph;
  graph.neighbours = k;
  Edges edges = nearest(distances, k, threads);
  for (std::size_t i = 0; i < n; ++i) graph.reach.push_back(distances.from(i)[edges[i].back()]);
  make_undirected(edges);
  graph.pieces = join_pieces(distances, edges);
  make_undirected(edges);
  graph.start.push_back(0);
  for (std::size_t i = 0; i < n; ++i) {
    for (const std::uint32_t j : edges[i]) {
      graph.to.push_back(j);
      graph.length.push_back(distances.from(i)[j]);
    }
    graph.start.push_back(graph.to.size());
  }
  return graph;
}

}  // namespace spi
