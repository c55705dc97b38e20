// SPDX-License-Identifier: GPL-3.0-or-later
// Every map on manifolds of which the map is known.
#include "libspi/embedding/map.h"

#include <gtest/gtest.h>

#include "libspi/embedding/isomap.h"
#include "libspi/embedding/spectral.h"
#include "libspi/embedding/tsne.h"
#include "tests/unit/embedding/known_points.h"
#include "tests/unit/listener.h"

namespace spi {
namespace {

constexpr double kPi = std::numbers::pi;

std::vector<float> features_of(const reference::Table& table) {
  const Points points = points_of(table);
  return {points.embedding.begin(), points.embedding.end()};
}

TEST(Isomap, UnrollsTheSwissRoll) {
  constexpr std::size_t kN = 800;
  const SwissRoll roll = swiss_roll(kN, 1);
  const NeighbourGraph graph = neighbour_graph(distances_of(roll.points), 10, 2);
  const Points map = classical_scaling(path_lengths(graph, 2, silent_monitor()), 2);
  EXPECT_GT(std::abs(correlation(map.component(0), roll.along)), 0.95);
  EXPECT_GT(std::abs(correlation(map.component(1), roll.across)), 0.95);
  // What the roll hides from PCA.
  const Pca flat = pca(features_of(roll.points), kN, 3, 3);
  for (std::size_t c = 0; c < 3; ++c)
    EXPECT_LT(std::abs(correlation(flat.component(c), roll.along)), 0.8);
}

TEST(SpectralEmbedding, OfACircleIsItsSlowestWaves) {
  constexpr std::size_t kN = 180;
  reference::Table circle;
  for (std::size_t i = 0; i < kN; ++i)
    circle.push_back({std::cos(2 * kPi * double(i) / kN), std::sin(2 * kPi * double(i) / kN)});
  // An even number of neighbours: as many on either side of every point.
  const Points map = spectral_embedding(neighbour_graph(distances_of(circle), 8, 2), 4);
  const double phase = std::atan2(map.at(0, 1), map.at(0, 0));
  const double turn = std::remainder(std::atan2(map.at(1, 1), map.at(1, 0)) - phase, 2 * kPi);
  for (std::size_t i = 0; i < kN; ++i) {
    const double angle = phase + (turn > 0 ? 1 : -1) * 2 * kPi * double(i) / kN;
    // Waves of mean square 1; weights from distances in single precision, spacing 0.035.
    EXPECT_NEAR(map.at(i, 0), std::sqrt(2) * std::cos(angle), 1e-3);
    EXPECT_NEAR(map.at(i, 1), std::sqrt(2) * std::sin(angle), 1e-3);
    EXPECT_NEAR(std::hypot(map.at(i, 2), map.at(i, 3)), std::sqrt(2), 1e-3);
  }
}

TEST(SpectralEmbedding, OfAnIntervalIsCosines) {
  constexpr std::size_t kN = 300;
  reference::Table line;
  std::vector<double> first, second;
  for (std::size_t i = 0; i < kN; ++i) {
    const double x = (double(i) + 0.5) / kN;
    line.push_back({x});
    first.push_back(std::cos(kPi * x));
    second.push_back(std::cos(2 * kPi * x));
  }
  const Points map = spectral_embedding(neighbour_graph(distances_of(line), 10, 2), 2);
  // The ends, where neighbours lie on one side, are 10 of 300 points.
  EXPECT_GT(std::abs(correlation(map.component(0), first)), 0.999);
  EXPECT_GT(std::abs(correlation(map.component(1), second)), 0.999);
}

TEST(EdgeWeights, AreAtMostOneAndAtLeastThatOfTheReach) {
  const NeighbourGraph graph = neighbour_graph(distances_of(separate_groups(3, 20, 1000, 2)), 5, 1);
  ASSERT_EQ(graph.pieces, 3u);
  const std::vector<double> weights = edge_weights(graph);
  ASSERT_EQ(weights.size(), graph.to.size());
  for (const double w : weights) {
    EXPECT_LE(w, 1);
    EXPECT_GE(w, std::exp(-1.) - 1e-12);
  }
}

TEST(Tsne, ProbabilitiesHaveThePerplexity) {
  const reference::Table points = random_points(40, 5, 7);
  const reference::Table slow = reference::joint_probabilities(reference::distances(points), 7);
  const std::vector<float> fast = joint_probabilities(distances_of(points), 7, 2);
  double total = 0;
  for (std::size_t i = 0; i < 40; ++i)
    for (std::size_t j = 0; j < 40; ++j) {
      // The search ends 1e-6 nat from the perplexity; distances are of single precision.
      EXPECT_NEAR(fast[i * 40 + j], slow[i][j], 1e-4 * slow[i][j] + 1e-9);
      total += fast[i * 40 + j];
    }
  EXPECT_NEAR(total, 1, 1e-5);
}

class TsneGradient : public ::testing::TestWithParam<std::size_t> {};

TEST_P(TsneGradient, IsTheSlopeOfTheDefinition) {
  constexpr std::size_t kN = 37;  // two lanes and a rest
  constexpr double kStep = 1e-5;
  const std::vector<float> joint = joint_probabilities(distances_of(random_points(kN, 6, 8)), 5, 1);
  reference::Table p(kN, std::vector<double>(kN));
  double total = 0;
  for (std::size_t i = 0; i < kN; ++i)
    for (std::size_t j = 0; j < kN; ++j) total += p[i][j] = joint[i * kN + j];
  const reference::Table y = random_points(kN, GetParam(), 9);
  EXPECT_NEAR(kl_divergence(joint, points_of(y), 2), reference::kl_divergence(p, y), 1e-6);
  for (const double exaggeration : {1., 12.}) {
    const std::vector<double> gradient = kl_gradient(joint, points_of(y), exaggeration, 2);
    for (std::size_t i = 0; i < kN; ++i)
      for (std::size_t c = 0; c < GetParam(); ++c) {
        reference::Table ahead = y, behind = y;
        ahead[i][c] += kStep, behind[i][c] -= kStep;
        const double slope = (reference::tsne_objective(p, ahead, exaggeration) -
                              reference::tsne_objective(p, behind, exaggeration)) /
                             (2 * kStep);
        // Rounding of the objective (about 10) over the step, and the step squared.
        EXPECT_NEAR(gradient[i * GetParam() + c], slope, 1e-8) << i << ", " << c;
      }
  }
}
INSTANTIATE_TEST_SUITE_P(Components, TsneGradient, ::testing::Values(1, 2, 3, 5));

TEST(Tsne, KeepsSeparateGroupsApart) {
  constexpr std::size_t kGroups = 5;
  const reference::Table points = separate_groups(kGroups, 40, 12, 10);
  const Distances distances = distances_of(points);
  const Pca start = pca(features_of(points), points.size(), kGroups, 2);
  const Tsne found = tsne(distances, start, 20, 2, silent_monitor());
  EXPECT_EQ(kept_apart(found.points, kGroups), 1);
  // Two components cannot show five centres on five axes by a straight view.
  EXPECT_LT(kept_apart(start, kGroups), 1);
  const double before = kl_divergence(joint_probabilities(distances, 20, 1), start, 1);
  EXPECT_LT(found.divergence, before);
}

TEST(Tsne, IsTheSameForAnyThreadCount) {
  const reference::Table points = separate_groups(3, 25, 8, 11);
  const Distances distances = distances_of(points);
  const Pca start = pca(features_of(points), points.size(), 3, 2);
  EXPECT_EQ(tsne(distances, start, 10, 1, silent_monitor()).points.embedding,
            tsne(distances, start, 10, 3, silent_monitor()).points.embedding);
}

/// A matrix such as cc_matrix makes of three kinds of patterns.
std::vector<float> three_kinds(std::size_t n) {
  std::vector<float> cc(n * n, 1);
  Random random(12, 0, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j)
      cc[i * n + j] = cc[j * n + i] = float((i % 3 == j % 3 ? 0.95 : 0.6) + 0.01 * random.normal());
  return cc;
}

TEST(MapMaker, EveryMapTellsThreeKindsApart) {
  constexpr std::size_t kN = 90;
  const std::vector<float> cc = three_kinds(kN);
  MapOptions options;
  options.components = 2;
  MapMaker maker(cc, kN, options, 2, silent_monitor());
  for (const MapKind kind : kAllMaps) {
    const Map map = maker.make(kind);
    EXPECT_EQ(map.kind, kind);
    EXPECT_EQ(map.components, 2u);
    EXPECT_EQ(kept_apart(map, 3), 1) << name_of(kind);
    // Kinds are kept; within a kind there is only noise, in as many dimensions as patterns.
    EXPECT_GT(map.quality.trustworthiness, 0.8) << name_of(kind);
    EXPECT_GT(map.quality.continuity, 0.8) << name_of(kind);
  }
}

TEST(MapMaker, WarnsOfPieces) {
  test::Listener listener;
  const std::vector<float> cc = three_kinds(60);
  MapMaker(cc, 60, MapOptions(), 1, listener).make(MapKind::isomap);
  EXPECT_TRUE(listener.heard("falls into 3 pieces"));
  EXPECT_TRUE(listener.heard("--neighbors"));
}

TEST(MapMaker, HasFiniteMapsOfFewOrEqualPatterns) {
  for (const std::size_t n : {3, 4, 5, 12, 50})
    for (const std::vector<float>& cc :
         {three_kinds(n), std::vector<float>(n * n, 1.f), std::vector<float>(n * n, 0.7f)}) {
      const MapOptions options;
      MapMaker maker(cc, n, options, 1, silent_monitor());
      for (const MapKind kind : kAllMaps)
        for (const double x : maker.make(kind).embedding)
          EXPECT_TRUE(std::isfinite(x)) << n << " patterns, " << name_of(kind);
    }
}

TEST(MapOptions, RefuseMoreNeighboursThanThereAre) {
  MapOptions options;
  options.neighbors = 19;
  options.perplexity = 18.9;
  EXPECT_NO_THROW(options.check(20));
  EXPECT_THROW(options.check(19), UsageError);
  options.neighbors.reset();
  EXPECT_THROW(options.check(19), UsageError);
  for (const std::size_t n : {3, 4, 10, 1000}) EXPECT_NO_THROW(MapOptions().check(n));
}

}  // namespace
}  // namespace spi
