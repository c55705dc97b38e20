// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/clusters.h"

#include <limits>

#include "libspi/io/hdf5.h"
#include "tests/unit/clustering/known_clusters.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;

Coordinates coordinates_of(const Points& points) {
  Coordinates coordinates{.rows = points.rows,
                          .components = points.components,
                          .id = {},
                          .values = points.embedding,
                          .map = "isomap"};
  for (std::size_t i = 0; i < points.rows; ++i) coordinates.id.push_back(1000 + i);
  return coordinates;
}

Clusters find(const Coordinates& coordinates, const ClusterOptions& options, int threads = 2) {
  return find_clusters(coordinates, "c.h5", options, 42, threads, silent_monitor());
}

ClusterOptions with_method(ClusterMethod method) {
  ClusterOptions options;
  options.method = method;
  options.bootstrap = 20;
  return options;
}

class EveryMethod : public ::testing::TestWithParam<ClusterMethod> {};
INSTANTIATE_TEST_SUITE_P(Clusters, EveryMethod,
                         ::testing::Values(ClusterMethod::kmeans, ClusterMethod::mixture,
                                           ClusterMethod::density));

TEST_P(EveryMethod, FindsThreeStableClusters) {
  const KnownClusters known = three_gaussians(1);
  const Clusters found = find(coordinates_of(known.points), with_method(GetParam()));
  ASSERT_EQ(found.size.size(), 3u);
  EXPECT_GT(adjusted_rand_index(found.partition.label, known.label), 0.9);
  // Numbered by size: 300, 200 and 100 were drawn.
  EXPECT_GT(found.size[0], found.size[1]);
  EXPECT_GT(found.size[1], found.size[2]);
  EXPECT_NEAR(found.centre[2 * 2 + 1], 8, 0.5);
  for (const double jaccard : found.stability->jaccard) EXPECT_GT(jaccard, 0.85);
  EXPECT_GT(found.stability->rand_index, 0.85);
}

TEST_P(EveryMethod, IsTheSameForAnyThreadCount) {
  const Coordinates coordinates = coordinates_of(three_gaussians(2).points);
  const Clusters one = find(coordinates, with_method(GetParam()), 1);
  const Clusters three = find(coordinates, with_method(GetParam()), 3);
  EXPECT_EQ(one.partition.label, three.partition.label);
  EXPECT_EQ(one.partition.probability, three.partition.probability);
  EXPECT_EQ(one.stability->jaccard, three.stability->jaccard);
}

TEST_P(EveryMethod, TakesOneComponentAndFewPoints) {
  const Points points{.rows = 6, .components = 1, .embedding = {0, 0.1, 0.2, 5, 5.1, 5.3}};
  ClusterOptions options = with_method(GetParam());
  if (GetParam() == ClusterMethod::density) options.min_size = 2;
  const Clusters found = find(coordinates_of(points), options);
  EXPECT_GE(found.size.size(), 1u);
  const Points three{.rows = 3, .components = 2, .embedding = {0, 1, 2, 3, 4, 5}};
  EXPECT_GE(find(coordinates_of(three), with_method(GetParam())).size.size(), 1u);
}

TEST(Clusters, AreUnstableWhereThereAreNone) {
  ClusterOptions options = with_method(ClusterMethod::kmeans);
  options.clusters = 4;
  const Clusters found = find(coordinates_of(one_gaussian(300, 2, 3)), options);
  EXPECT_LT(found.stability->rand_index, 0.75);
}

TEST(Clusters, LeaveOutPatternsWithoutAPlace) {
  KnownClusters known = three_gaussians(4);
  known.points.embedding[7] = std::numeric_limits<double>::quiet_NaN();  // pattern 3
  const Clusters found = find(coordinates_of(known.points), with_method(ClusterMethod::kmeans));
  EXPECT_EQ(found.placed, 599u);
  EXPECT_EQ(found.partition.label[3], -1);
  EXPECT_EQ(found.partition.probability[3], 0);
  EXPECT_EQ(found.partition.label.size(), 600u);
  EXPECT_NE(summary(found).find("used 599, left out 1"), std::string::npos) << summary(found);
}

TEST(Clusters, UseLeadingComponentsButHaveCentresInAll) {
  KnownClusters known = three_gaussians(5);
  ClusterOptions options = with_method(ClusterMethod::kmeans);
  options.clusters = 2;
  options.components = 1;  // which tells only the one at x = 8 from the others
  const Clusters found = find(coordinates_of(known.points), options);
  ASSERT_EQ(found.centre.size(), 4u);
  EXPECT_EQ(found.components, 1u);
  EXPECT_NEAR(found.centre[2], 8, 0.5);
  EXPECT_NEAR(found.centre[1], 8. / 4, 0.5);  // 100 of 400 lie at y = 8
}

TEST(Clusters, RefuseWhatCannotBe) {
  const Coordinates coordinates = coordinates_of(one_gaussian(10, 2, 6));
  ClusterOptions options;
  options.method = ClusterMethod::mixture;
  options.clusters = 11;
  EXPECT_THROW(find(coordinates, options), UsageError);
  options = {};
  options.clusters = 2;
  EXPECT_THROW(find(coordinates, options), UsageError);  // density finds the number
  options = {};
  options.components = 3;
  EXPECT_THROW(find(coordinates, options), UsageError);
  options = {};
  options.min_size = 11;
  EXPECT_THROW(find(coordinates, options), UsageError);
  expect_error([&] { find(coordinates_of(one_gaussian(2, 2, 7)), {}); }, {"at least 3", "are 2"});
}

using ClusterFiles = test::InFolder;

TEST_F(ClusterFiles, HoldWhatWasFoundAndCanBeReadAsCoordinates) {
  const Coordinates coordinates = coordinates_of(three_gaussians(8).points);
  const Clusters found = find(coordinates, with_method(ClusterMethod::mixture));
  write_clusters(at("k.h5"), found, coordinates, {});
  const h5::File file = h5::File::open(at("k.h5"));
  EXPECT_EQ(file.text_attribute("/", "format"), "spi-clusters");
  EXPECT_EQ(file.read<std::int32_t>("cluster", {600}),
            std::vector<std::int32_t>(found.partition.label.begin(), found.partition.label.end()));
  EXPECT_EQ(file.shape("centre"), (h5::Shape{3, 2}));
  EXPECT_EQ(file.read<double>("cluster_stability"), found.stability->jaccard);
  EXPECT_EQ(file.read<int>("score/clusters").size(), found.scores.size());
  const Coordinates again = read_coordinates(at("k.h5"));
  EXPECT_EQ(again.id, coordinates.id);
  EXPECT_EQ(again.map, "isomap");
}

}  // namespace
}  // namespace spi
