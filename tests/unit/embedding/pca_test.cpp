// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/pca.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/random.h"

namespace spi {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Three separated groups in a correlation-like symmetric matrix with noise.
std::vector<float> grouped_matrix(std::size_t n, double noise, std::uint64_t seed) {
  std::vector<float> cc(n * n);
  Random random(seed, 0, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i; j < n; ++j) {
      const double like = i % 3 == j % 3 ? 0.9 : (i % 3 + j % 3 == 3 ? 0.6 : 0.4);
      cc[i * n + j] = cc[j * n + i] = i == j ? 1.f : float(like + noise * random.normal());
    }
  return cc;
}

TEST(Pca, EqualsTheDenseEigenDecomposition) {
  constexpr std::size_t kN = 120, kC = 5;
  const auto cc = grouped_matrix(kN, 0.05, 1);
  const Pca found = pca(cc, kN, kN, kC);
  Matrix x(kN, kN);
  for (std::size_t k = 0; k < kN * kN; ++k) x.data()[k] = cc[k];
  x.rowwise() -= x.colwise().mean().eval();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> dense(x.transpose() * x);
  for (std::size_t c = 0; c < kC; ++c) {
    const auto column = Eigen::Index(kN - 1 - c);
    EXPECT_NEAR(found.explained_variance_ratio[c], dense.eigenvalues()[column] / x.squaredNorm(),
                1e-5);
    const Eigen::VectorXd score = x * dense.eigenvectors().col(column);
    double dot = 0;
    for (std::size_t i = 0; i < kN; ++i)
      dot += score[Eigen::Index(i)] * found.embedding[i * kC + c];
    const double sign = dot > 0 ? 1 : -1;
    for (std::size_t i = 0; i < kN; ++i)
      EXPECT_NEAR(found.embedding[i * kC + c], sign * score[Eigen::Index(i)], 1e-5);
  }
}

TEST(Pca, SignIsFixedByTheLargestScore) {
  constexpr std::size_t kN = 60, kC = 3;
  const Pca found = pca(grouped_matrix(kN, 0.02, 2), kN, kN, kC);
  for (std::size_t c = 0; c < kC; ++c) {
    double largest = 0;
    for (std::size_t i = 0; i < kN; ++i)
      if (std::abs(found.embedding[i * kC + c]) > std::abs(largest))
        largest = found.embedding[i * kC + c];
    EXPECT_GT(largest, 0);
  }
}

TEST(Pca, SmallAndDegenerateInputs) {
  EXPECT_THROW(pca({1, 0, 0, 1}, 2, 2, 1), UserError);
  const Pca flat = pca(std::vector<float>(16, 0.5f), 4, 4, 3);
  for (const double score : flat.embedding) EXPECT_NEAR(score, 0, 1e-12);
  EXPECT_EQ(pca(grouped_matrix(4, 0.1, 3), 4, 4, 10).components, 3u);
}

TEST(Bootstrap, ErrorsAreSmallBesideGroupsAndGrowWithNoise) {
  constexpr std::size_t kN = 90, kC = 2;
  const auto spread = [&](double noise) {
    const auto cc = grouped_matrix(kN, noise, 4);
    const Pca reference = pca(cc, kN, kN, kC);
    const auto errors = bootstrap_errors(cc, reference, 40, 1, 2, silent_monitor());
    double mean = 0;
    for (const double e : errors.standard_error) mean += e / double(errors.standard_error.size());
    return mean;
  };
  // Groups lie more than 1 apart (√30 columns × 0.3 difference); their errors must be far less.
  EXPECT_LT(spread(0.02), 0.3);
  EXPECT_GT(spread(0.02), 0);
  EXPECT_GT(spread(0.2), spread(0.02));
}

TEST(Bootstrap, IsTheSameForAnyThreadCount) {
  const auto cc = grouped_matrix(40, 0.1, 5);
  const Pca reference = pca(cc, 40, 40, 2);
  const auto one = bootstrap_errors(cc, reference, 10, 9, 1, silent_monitor());
  const auto three = bootstrap_errors(cc, reference, 10, 9, 3, silent_monitor());
  EXPECT_EQ(one.covariance, three.covariance);
}

}  // namespace
}  // namespace spi
