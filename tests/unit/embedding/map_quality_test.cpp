// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/map_quality.h"

#include <gtest/gtest.h>

#include "tests/unit/embedding/known_points.h"

namespace spi {
namespace {

reference::Table circle(std::size_t n) {
  reference::Table points;
  for (std::size_t i = 0; i < n; ++i) {
    const double angle = 2 * std::numbers::pi * (double(i) + 0.3) / double(n);
    points.push_back({std::cos(angle), std::sin(angle)});
  }
  return points;
}

TEST(MapQuality, EqualsTheDefinition) {
  const reference::Table points = random_points(61, 4, 1), map = random_points(61, 2, 2);
  const reference::Table before = reference::distances(points), after = reference::distances(map);
  for (const std::size_t k : {1, 5, 12, 30}) {
    const MapQuality fast = map_quality(distances_of(points), points_of(map), k, 2);
    EXPECT_NEAR(fast.trustworthiness, reference::trustworthiness(before, after, k), 1e-12);
    EXPECT_NEAR(fast.continuity, reference::trustworthiness(after, before, k), 1e-12);
    EXPECT_EQ(fast.neighbours, k);
  }
}

TEST(MapQuality, IsOneForTheSamePointsAndHalfForChance) {
  const reference::Table points = random_points(200, 3, 3);
  const Distances distances = distances_of(points);
  const MapQuality same = map_quality(distances, points_of(points), 10, 2);
  EXPECT_EQ(same.trustworthiness, 1);
  EXPECT_EQ(same.continuity, 1);
  const MapQuality chance = map_quality(distances, points_of(random_points(200, 3, 4)), 10, 2);
  // 2000 ranks between 0 and 200, spread 58: their mean is known to 1.3 of 100.
  EXPECT_NEAR(chance.trustworthiness, 0.5, 0.05);
  EXPECT_NEAR(chance.continuity, 0.5, 0.05);
}

TEST(MapQuality, ToldApartByFoldingAndTearing) {
  const reference::Table points = circle(100);
  reference::Table folded, torn;
  for (std::size_t i = 0; i < points.size(); ++i) {
    folded.push_back({points[i][0]});  // both halves on one another: false neighbours
    torn.push_back({double(i)});       // cut open: lost neighbours
  }
  const MapQuality fold = map_quality(distances_of(points), points_of(folded), 6, 1);
  const MapQuality tear = map_quality(distances_of(points), points_of(torn), 6, 1);
  EXPECT_LT(fold.trustworthiness, 0.8);
  EXPECT_GT(fold.continuity, 0.95);
  EXPECT_GT(tear.trustworthiness, 0.99);
  EXPECT_LT(tear.continuity, tear.trustworthiness);
}

TEST(MapQuality, TakesFewerNeighboursOfFewPoints) {
  const reference::Table points = random_points(5, 2, 5);
  EXPECT_EQ(map_quality(distances_of(points), points_of(points), 10, 1).neighbours, 2u);
}

}  // namespace
}  // namespace spi
