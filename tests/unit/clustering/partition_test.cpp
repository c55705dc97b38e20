// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/partition.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/clustering/known_clusters.h"

namespace spi {
namespace {

Partition partition_of(std::vector<int> label) {
  Partition partition{.label = std::move(label), .probability = {}, .clusters = 0};
  for (const int l : partition.label)
    partition.clusters = std::max(partition.clusters, std::size_t(l + 1));
  partition.probability.assign(partition.label.size(), 1);
  return partition;
}

std::vector<int> random_labels(std::size_t n, std::uint64_t clusters, std::uint64_t seed) {
  Random random(seed, 3, 0);
  std::vector<int> label;
  for (std::size_t i = 0; i < n; ++i) label.push_back(int(random.below(clusters)));
  return label;
}

/// Hubert & Arabie (1985) by counting pairs of points one by one.
double slow_rand_index(const std::vector<int>& a, const std::vector<int>& b) {
  double both = 0, in_a = 0, in_b = 0, all = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const bool same_a = a[i] == a[j], same_b = b[i] == b[j];
      both += same_a && same_b, in_a += same_a, in_b += same_b, ++all;
    }
  return (both - in_a * in_b / all) / ((in_a + in_b) / 2 - in_a * in_b / all);
}

TEST(AdjustedRandIndex, CountsPairs) {
  const auto a = random_labels(80, 4, 1), b = random_labels(80, 3, 2);
  std::vector<int> near = a;
  for (std::size_t i = 0; i < 8; ++i) near[i] = b[i];
  EXPECT_NEAR(adjusted_rand_index(a, b), slow_rand_index(a, b), 1e-12);
  EXPECT_NEAR(adjusted_rand_index(a, near), slow_rand_index(a, near), 1e-12);
  EXPECT_NEAR(adjusted_rand_index(a, b), 0, 0.05);  // by chance
}

TEST(AdjustedRandIndex, DoesNotMindTheNumbersOfLabels) {
  const std::vector<int> a{0, 0, 1, 1, 2, -1}, renamed{7, 7, 0, 0, -1, 2};
  EXPECT_EQ(adjusted_rand_index(a, renamed), 1);
  EXPECT_EQ(adjusted_rand_index({0, 0, 0}, {0, 0, 0}), 1);
}

TEST(JaccardIndices, AreOfTheBestMatch) {
  const std::vector<int> a{0, 0, 0, 0, 1, 1, 2, -1}, b{1, 1, 1, 0, 0, 0, -1, -1};
  const std::vector<double> index = jaccard_indices(a, 4, b);
  ASSERT_EQ(index.size(), 4u);
  EXPECT_NEAR(index[0], 3. / 4, 1e-12);  // {0,1,2} of {0,1,2,3}
  EXPECT_NEAR(index[1], 2. / 3, 1e-12);  // {4,5} and {3,4,5}
  EXPECT_EQ(index[2], 0);                // noise of b is no cluster
  EXPECT_TRUE(std::isnan(index[3]));     // nobody was drawn
}

TEST(Silhouettes, AreRousseeuws) {
  // On a line: 0, 1 against 4, 6: worked out by hand.
  const Points points{.rows = 4, .components = 1, .embedding = {0, 1, 4, 6}};
  const double by_hand = ((5. - 1) / 5 + (4. - 1) / 4 + (3.5 - 2) / 3.5 + (5.5 - 2) / 5.5) / 4;
  const auto found = silhouettes(
      {partition_of({0, 0, 1, 1}), partition_of({0, 0, 0, 0}), partition_of({0, 0, 1, -1})}, points,
      2);
  EXPECT_NEAR(found[0], by_hand, 1e-12);
  EXPECT_EQ(found[1], 0);
  EXPECT_NEAR(found[2], ((4. - 1) / 4 + (3. - 1) / 3 + 0) / 3, 1e-12);
}

TEST(InOrder, NumbersBySizeThenByCentreAndDropsEmptyOnes) {
  const Points points{.rows = 6, .components = 1, .embedding = {9, 5, 5, 1, 5, 0}};
  Partition partition = partition_of({0, 3, 3, 1, 3, -1});
  ASSERT_EQ(partition.clusters, 4u);
  const Partition ordered = in_order(partition, points);
  EXPECT_EQ(ordered.clusters, 3u);
  EXPECT_EQ(ordered.label, (std::vector<int>{2, 0, 0, 1, 0, -1}));
  EXPECT_EQ(cluster_sizes(ordered), (std::vector<std::size_t>{3, 1, 1}));
  EXPECT_EQ(cluster_centres(ordered, points), (std::vector<double>{5, 1, 9}));
}

}  // namespace
}  // namespace spi
