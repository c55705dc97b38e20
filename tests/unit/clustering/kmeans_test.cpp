// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/unit/clustering/known_clusters.h"

namespace spi {
namespace {

TEST(KMeans, FindsGaussiansThatLieApart) {
  const KnownClusters known = three_gaussians(1);
  const KMeans found = kmeans(known.points, 3, 10, 42, 2);
  // Of the long one, 8 away, points beyond 4 standard deviations would be lost.
  EXPECT_GT(adjusted_rand_index(found.partition.label, known.label), 0.97);
}

TEST(KMeans, FindsTheBestOfAllDivisionsOfFewPoints) {
  const Points points = one_gaussian(9, 2, 2);
  double least = std::numeric_limits<double>::infinity();
  for (int code = 0; code < 19683; ++code) {  // 3^9 labellings
    Partition all{.label = {}, .probability = {}, .clusters = 3};
    for (int i = 0, rest = code; i < 9; ++i, rest /= 3) all.label.push_back(rest % 3);
    if (std::ranges::count(cluster_sizes(all), 0u) > 0) continue;
    const std::vector<double> centre = cluster_centres(all, points);
    double inertia = 0;
    for (std::size_t i = 0; i < 9; ++i)
      for (std::size_t c = 0; c < 2; ++c)
        inertia += std::pow(points.at(i, c) - centre[std::size_t(all.label[i]) * 2 + c], 2);
    least = std::min(least, inertia);
  }
  EXPECT_NEAR(kmeans(points, 3, 30, 42, 1).inertia, least, 1e-12);
}

TEST(KMeans, HoldsWhereEveryPointHasItsNearestCentre) {
  const Points points = one_gaussian(200, 3, 3);
  const Partition found = kmeans(points, 5, 4, 7, 1).partition;
  const std::vector<double> centre = cluster_centres(found, points);
  for (std::size_t i = 0; i < points.rows; ++i) {
    std::vector<double> squared(5, 0);
    for (std::size_t k = 0; k < 5; ++k)
      for (std::size_t c = 0; c < 3; ++c)
        squared[k] += std::pow(points.at(i, c) - centre[k * 3 + c], 2);
    EXPECT_EQ(found.label[i], std::ranges::min_element(squared) - squared.begin());
  }
}

TEST(KMeans, IsKeyedByTheSeedAndNotByThreads) {
  const Points points = one_gaussian(300, 2, 4);
  const KMeans one = kmeans(points, 6, 8, 1, 1), three = kmeans(points, 6, 8, 1, 3);
  EXPECT_EQ(one.partition.label, three.partition.label);
  EXPECT_EQ(one.inertia, three.inertia);
}

TEST(KMeans, EndsWhereThereAreFewerPlacesThanClusters) {
  const Points points{.rows = 6, .components = 1, .embedding = {1, 1, 1, 2, 2, 2}};
  const KMeans found = kmeans(points, 4, 3, 1, 1);
  EXPECT_EQ(found.inertia, 0);
  EXPECT_EQ(in_order(found.partition, points).clusters, 2u);
}

}  // namespace
}  // namespace spi
