// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/mixture.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/clustering/known_clusters.h"

namespace spi {
namespace {

/// log Σ_k w_k N(x; m_k, S_k) of two components, written out.
double slow_log_likelihood(const Mixture& mixture, const Points& points) {
  double sum = 0;
  for (std::size_t i = 0; i < points.rows; ++i) {
    double density = 0;
    for (std::size_t k = 0; k < mixture.weight.size(); ++k) {
      const double x = points.at(i, 0) - mixture.mean[2 * k];
      const double y = points.at(i, 1) - mixture.mean[2 * k + 1];
      const double* s = &mixture.covariance[4 * k];
      const double determinant = s[0] * s[3] - s[1] * s[2];
      const double form = (s[3] * x * x - (s[1] + s[2]) * x * y + s[0] * y * y) / determinant;
      density +=
          mixture.weight[k] * std::exp(-form / 2) / (2 * std::numbers::pi * std::sqrt(determinant));
    }
    sum += std::log(density);
  }
  return sum;
}

TEST(Mixture, RecoversThreeGaussians) {
  const KnownClusters known = three_gaussians(1);
  const Mixture found = fit_mixture(known.points, 3, 5, 42, 2);
  EXPECT_GT(adjusted_rand_index(found.partition.label, known.label), 0.99);
  std::vector<std::size_t> order{0, 1, 2};
  std::ranges::sort(order, std::ranges::greater(), [&](std::size_t k) { return found.weight[k]; });
  const auto covariance = [&](std::size_t which, std::size_t entry) {
    return found.covariance[4 * order[which] + entry];
  };
  // Three standard errors: of the weight 0.06; of a mean 0.4 at most; of a variance 3 √(2/n) of
  // itself, 0.3 for 200 points. The prior draws variances towards that of all points by less.
  EXPECT_NEAR(found.weight[order[0]], 0.5, 0.06);
  EXPECT_NEAR(found.mean[2 * order[1]], 8, 0.4);
  EXPECT_NEAR(found.mean[2 * order[2] + 1], 8, 0.4);
  EXPECT_NEAR(covariance(1, 0), 0.25, 0.3 * 0.25 + 0.1);
  EXPECT_NEAR(covariance(1, 3), 4, 0.3 * 4 + 0.1);
  EXPECT_NEAR(covariance(2, 1), 0.9, 0.45 * 0.9 + 0.1);
}

TEST(Mixture, LikelihoodIsTheDefinitionAndThePosteriorNeverFalls) {
  const KnownClusters known = three_gaussians(2);
  for (const std::size_t k : {1, 2, 4}) {
    const Mixture found = fit_mixture(known.points, k, 2, 1, 1);
    EXPECT_NEAR(found.log_likelihood, slow_log_likelihood(found, known.points), 1e-6);
    const double parameters = double(6 * k - 1);
    EXPECT_NEAR(found.bic, -2 * found.log_likelihood + parameters * std::log(600.), 1e-9);
    for (std::size_t step = 1; step < found.objective.size(); ++step)
      EXPECT_GE(found.objective[step], found.objective[step - 1] - 1e-9);
  }
}

TEST(Mixture, OfOneHasTheModeOfItsPosterior) {
  const Points points = one_gaussian(50, 1, 3);
  const Mixture found = fit_mixture(points, 1, 1, 1, 1);
  double mean = 0, variance = 0;
  for (const double x : points.embedding) mean += x / 50;
  for (const double x : points.embedding) variance += (x - mean) * (x - mean) / 50;
  EXPECT_NEAR(found.mean[0], mean, 1e-12);
  // (scale + scatter) / (N + freedom + C + 1), scale the variance, freedom 3.
  EXPECT_NEAR(found.covariance[0], 51 * variance / 55, 1e-8 * variance);
}

TEST(Mixture, BicFindsTheNumberOfGaussians) {
  const KnownClusters known = three_gaussians(4);
  const auto best = [](const Points& points) {
    std::vector<double> bic;
    for (std::size_t k = 1; k <= 7; ++k) bic.push_back(fit_mixture(points, k, 5, 42, 2).bic);
    return 1 + std::ranges::min_element(bic) - bic.begin();
  };
  EXPECT_EQ(best(known.points), 3);
  EXPECT_EQ(best(one_gaussian(300, 3, 5)), 1);
}

TEST(Mixture, DoesNotShrinkOntoCopiesOfAPoint) {
  Points points = one_gaussian(60, 2, 6);
  for (std::size_t i = 0; i < 10; ++i) points.embedding[2 * i] = points.embedding[2 * i + 1] = 3;
  for (const double x : fit_mixture(points, 4, 5, 1, 1).covariance) EXPECT_TRUE(std::isfinite(x));
  const Points one_place{.rows = 5, .components = 2, .embedding = std::vector<double>(10, 4.)};
  EXPECT_TRUE(std::isfinite(fit_mixture(one_place, 2, 1, 1, 1).bic));
  Points on_a_line = one_gaussian(50, 2, 7);
  for (std::size_t i = 0; i < 50; ++i) on_a_line.embedding[2 * i + 1] = 2;
  EXPECT_TRUE(std::isfinite(fit_mixture(on_a_line, 3, 2, 1, 1).bic));
}

TEST(Mixture, IsTheSameForAnyThreadCount) {
  const Points points = one_gaussian(200, 3, 8);
  const Mixture one = fit_mixture(points, 4, 6, 1, 1), three = fit_mixture(points, 4, 6, 1, 3);
  EXPECT_EQ(one.partition.label, three.partition.label);
  EXPECT_EQ(one.bic, three.bic);
}

}  // namespace
}  // namespace spi
