// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/neighbours.h"

#include <gtest/gtest.h>

#include "libspi/embedding/isomap.h"
#include "tests/unit/embedding/known_points.h"

namespace spi {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Length of each edge, infinite where there is none.
reference::Table edges_of(const NeighbourGraph& graph) {
  reference::Table table(graph.points(), std::vector<double>(graph.points(), kInfinity));
  for (std::size_t i = 0; i < graph.points(); ++i) {
    table[i][i] = 0;
    for (std::size_t e = graph.start[i]; e < graph.start[i + 1]; ++e)
      table[i][graph.to[e]] = graph.length[e];
  }
  return table;
}

TEST(RowDistances, AreEuclidean) {
  const reference::Table points = random_points(45, 37, 3);  // no multiples of a block or a lane
  const reference::Table slow = reference::distances(points);
  const Distances fast = distances_of(points);
  for (std::size_t i = 0; i < 45; ++i)
    for (std::size_t j = 0; j < 45; ++j)
      // Sums of 37 squares in single precision.
      EXPECT_NEAR(fast.from(i)[j], slow[i][j], 1e-5 * slow[i][j]);
}

TEST(NeighbourGraph, JoinsTheNearestInEitherDirection) {
  constexpr std::size_t kN = 60, kNear = 6;
  const reference::Table points = random_points(kN, 2, 4);
  const Distances distances = distances_of(points);
  const NeighbourGraph graph = neighbour_graph(distances, kNear, 2);
  ASSERT_EQ(graph.pieces, 1u);
  const reference::Table edges = edges_of(graph), slow = reference::distances(points);
  for (std::size_t i = 0; i < kN; ++i)
    for (std::size_t j = 0; j < kN; ++j) {
      if (i == j) continue;
      const bool near =
          reference::ranks_from(slow, i)[j] <= kNear || reference::ranks_from(slow, j)[i] <= kNear;
      EXPECT_EQ(std::isfinite(edges[i][j]), near) << i << ", " << j;
    }
}

TEST(NeighbourGraph, BridgesPiecesByTheShortestEdges) {
  // Three rows of points with gaps of 10 and 20 between them.
  reference::Table points;
  for (const double first : {0., 15., 40.})
    for (int k = 0; k < 6; ++k) points.push_back({first + k});
  const NeighbourGraph graph = neighbour_graph(distances_of(points), 2, 1);
  EXPECT_EQ(graph.pieces, 3u);
  const reference::Table edges = edges_of(graph);
  for (std::size_t i = 0; i < 18; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const bool bridge = (i == 6 && j == 5) || (i == 12 && j == 11);
      if (i / 6 != j / 6) {
        EXPECT_EQ(std::isfinite(edges[i][j]), bridge) << i << ", " << j;
      }
      EXPECT_EQ(edges[i][j], edges[j][i]);
    }
  EXPECT_EQ(edges[6][5], 10);
}

TEST(PathLengths, EqualFloydAndWarshall) {
  const Distances distances = distances_of(random_points(50, 3, 5));
  const NeighbourGraph graph = neighbour_graph(distances, 3, 2);
  const Distances fast = path_lengths(graph, 2, silent_monitor());
  const reference::Table slow = reference::shortest_paths(edges_of(graph));
  for (std::size_t i = 0; i < 50; ++i)
    for (std::size_t j = 0; j < 50; ++j)
      // At most 49 additions in single precision.
      EXPECT_NEAR(fast.from(i)[j], slow[i][j], 50 * 6e-8 * slow[i][j]);
}

TEST(ClassicalScaling, RecoversAFlatConfiguration) {
  constexpr std::size_t kN = 80;
  const reference::Table points = random_points(kN, 3, 6);
  const Points map = classical_scaling(distances_of(points), 3);
  const reference::Table before = reference::distances(points);
  const reference::Table after = reference::distances(table_of(map));
  for (std::size_t i = 0; i < kN; ++i)
    for (std::size_t j = 0; j < kN; ++j) EXPECT_NEAR(after[i][j], before[i][j], 1e-4);
}

}  // namespace
}  // namespace spi
