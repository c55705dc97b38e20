// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/density.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "libspi/clustering/kmeans.h"
#include "tests/unit/clustering/known_clusters.h"

namespace spi {
namespace {

TEST(Density, FindsTwoMoons) {
  const KnownClusters moons = two_moons(200, 0.06, 1);
  const Partition found = density_clusters(moons.points, 10, 2);
  EXPECT_EQ(found.clusters, 2u);
  EXPECT_GT(adjusted_rand_index(found.label, moons.label), 0.95);
  // Which no centres can do.
  const Partition round = kmeans(moons.points, 2, 10, 1, 1).partition;
  EXPECT_LT(adjusted_rand_index(round.label, moons.label), 0.6);
}

TEST(Density, FindsClustersOfDifferentDensityAmongNoise) {
  KnownClusters known;
  Random random(2, 0, 0);
  for (int i = 0; i < 200; ++i) known.add({0.1 * random.normal(), 0.1 * random.normal()}, 0);
  for (int i = 0; i < 200; ++i) known.add({10 + random.normal(), random.normal()}, 1);
  for (int i = 0; i < 40; ++i)
    known.add({40 * random.uniform() - 15, 40 * random.uniform() - 20}, -1);
  const Partition found = density_clusters(known.points, 10, 1);
  EXPECT_EQ(found.clusters, 2u);
  // The rim of a Gaussian is as thin as the noise.
  EXPECT_GT(adjusted_rand_index(found.label, known.label), 0.8);
  for (std::size_t i = 0; i < found.label.size(); ++i) {
    EXPECT_GE(found.probability[i], 0);
    EXPECT_LE(found.probability[i], 1);
    EXPECT_EQ(found.probability[i] == 0, found.label[i] < 0);
  }
}

TEST(Density, TakesTheDivisionOfGreatestMass) {
  // Two groups 90 apart, each of two triples with a gap. The second nearest neighbour of a triple's
  // ends is 2 away, of its middle 1: a triple falls apart at a density of 1/2.
  const auto groups = [](double gap) {
    Points points{.rows = 12, .components = 1, .embedding = {}};
    for (const double group : {0., 94. + gap})
      for (const double triple : {0., 2 + gap})
        for (const double x : {0., 1., 2.}) points.embedding.push_back(group + triple + x);
    return density_clusters(points, 3, 1);
  };
  // Gap 3, which divides a group at 1/3: a triple has mass 3 (1/2 - 1/3) = 1/2, a group
  // 6 (1/3 - 1/90) = 1.9, more than its triples.
  EXPECT_EQ(groups(3).label, (std::vector<int>{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}));
  // Gap 10: triples 3 (1/2 - 1/10) = 1.2 each, a group 6 (1/10 - 1/90) = 0.5.
  EXPECT_EQ(groups(10).clusters, 4u);
}

TEST(Density, IsOneClusterWhereNothingDivides) {
  Points line{.rows = 40, .components = 1, .embedding = {}};
  for (int i = 0; i < 40; ++i) line.embedding.push_back(i);
  const Partition found = density_clusters(line, 5, 1);
  EXPECT_EQ(found.clusters, 1u);
  EXPECT_EQ(std::ranges::count(found.label, 0), 40);
}

TEST(Density, DoesNotMindScaleOrderOrThreads) {
  const KnownClusters known = three_gaussians(3);
  const Partition found = density_clusters(known.points, 12, 1);
  EXPECT_EQ(found.clusters, 3u);
  EXPECT_EQ(density_clusters(known.points, 12, 3).label, found.label);
  Points turned = known.points;
  std::ranges::reverse(turned.embedding);  // points and components
  for (double& x : turned.embedding) x *= 1024;
  Partition back = density_clusters(turned, 12, 1);
  std::ranges::reverse(back.label);
  EXPECT_EQ(adjusted_rand_index(back.label, found.label), 1);
}

TEST(Density, TakesCopiesOfPoints) {
  Points points = one_gaussian(60, 2, 4);
  std::fill_n(points.embedding.begin(), 40, 9.);  // twenty points in one place
  const Partition found = density_clusters(points, 5, 1);
  EXPECT_GE(found.clusters, 1u);
  for (const double p : found.probability) EXPECT_TRUE(std::isfinite(p));
  const Points one_place{.rows = 8, .components = 1, .embedding = std::vector<double>(8, 1.)};
  EXPECT_EQ(density_clusters(one_place, 2, 1).clusters, 1u);
}

}  // namespace
}  // namespace spi
