// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/pca.h"

#include <Spectra/SymEigsSolver.h>
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/random.h"

namespace spi {
namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowMatrixF = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;
using Eigen::VectorXd;

/// The operator X^T X for Spectra, X centred rows.
class Gram {
 public:
  using Scalar = double;
  explicit Gram(const RowMatrix& x) : x_(x) {}
  Index rows() const { return x_.cols(); }
  Index cols() const { return x_.cols(); }
  void perform_op(const double* in, double* out) const {
    Eigen::Map<VectorXd>(out, cols()).noalias() =
        x_.transpose() * (x_ * Eigen::Map<const VectorXd>(in, cols()));
  }

 private:
  const RowMatrix& x_;
};

struct Axes {
  Eigen::MatrixXd vectors;  ///< [M][C]
  VectorXd variance;        ///< [C] sums of squares, not divided by N-1
};

/// The `count` leading right singular vectors of x.
Axes leading_axes(const RowMatrix& x, Index count) {
  const Index m = x.cols();
  // Lanczos pays only where few of many are wanted.
  if (count * 3 > m || m < 32) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> dense(x.transpose() * x);
    return {dense.eigenvectors().rightCols(count).rowwise().reverse(),
            dense.eigenvalues().tail(count).reverse().cwiseMax(0)};
  }
  Gram gram(x);
  const Index subspace = std::min(m, std::max<Index>(2 * count + 1, 20));
  Spectra::SymEigsSolver<Gram> solver(gram, count, subspace);
  solver.init();
  solver.compute(Spectra::SortRule::LargestAlge, 1000, 1e-12);
  if (solver.info() != Spectra::CompInfo::Successful || solver.eigenvalues().size() < count)
    fail("the principal components of the correlation matrix do not converge");
  return {solver.eigenvectors(), solver.eigenvalues().cwiseMax(0)};
}

/// Makes the score of largest magnitude of every component positive.
void fix_signs(RowMatrix& scores, Eigen::MatrixXd& axes) {
  for (Index c = 0; c < scores.cols(); ++c) {
    Index largest = 0;
    scores.col(c).cwiseAbs().maxCoeff(&largest);
    if (scores(largest, c) >= 0) continue;
    scores.col(c) *= -1;
    axes.col(c) *= -1;
  }
}

/// Scores of all rows of `cc` on the PCA of a bootstrap draw, turned onto `reference`.
struct Draw {
  RowMatrix scores;
  VectorXd ratio;
};

Draw embed_draw(const Eigen::Map<const RowMatrixF>& cc, const RowMatrix& reference,
                Random& random) {
  const Index n = cc.rows(), c = reference.cols();
  VectorXd multiplicity = VectorXd::Zero(n);
  for (Index i = 0; i < n; ++i) multiplicity[static_cast<Index>(random.below(n))] += 1;
  const VectorXd root = multiplicity.cwiseSqrt();
  // Features are the drawn columns, so a column drawn m times counts as m; rows likewise.
  RowMatrix x = cc.cast<double>() * root.asDiagonal();
  const Eigen::RowVectorXd mean = multiplicity.transpose() * x / double(n);
  x.rowwise() -= mean;
  const Axes axes = leading_axes(root.asDiagonal() * x, c);
  Draw draw{x * axes.vectors, {}};
  const double total = (root.asDiagonal() * x).squaredNorm();
  draw.ratio = axes.variance / (total > 0 ? total : 1);
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(draw.scores.transpose() * reference,
                                              Eigen::ComputeThinU | Eigen::ComputeThinV);
  draw.scores = (draw.scores * (svd.matrixU() * svd.matrixV().transpose())).eval();
  return draw;
}

}  // namespace

Pca pca(const std::vector<float>& values, std::size_t rows, std::size_t features,
        std::size_t components) {
  SPI_ASSERT(values.size() == rows * features);
  if (rows < 3) fail("an embedding needs at least 3 patterns, there are ", rows);
  const auto count = static_cast<Index>(std::min({components, rows - 1, features}));
  RowMatrix x =
      Eigen::Map<const RowMatrixF>(values.data(), Index(rows), Index(features)).cast<double>();
  const Eigen::RowVectorXd mean = x.colwise().mean();
  x.rowwise() -= mean;
  Axes axes = leading_axes(x, count);
  RowMatrix scores = x * axes.vectors;
  fix_signs(scores, axes.vectors);
  const double total = x.squaredNorm();

  Pca result{.rows = rows,
             .features = features,
             .components = std::size_t(count),
             .embedding = {},
             .axes = {},
             .mean = {},
             .explained_variance_ratio = {}};
  result.embedding.assign(scores.data(), scores.data() + scores.size());
  result.axes.assign(axes.vectors.data(), axes.vectors.data() + axes.vectors.size());
  result.mean.assign(mean.data(), mean.data() + mean.size());
  for (Index c = 0; c < count; ++c)
    result.explained_variance_ratio.push_back(total > 0 ? axes.variance[c] / total : 0);
  return result;
}

EmbeddingErrors bootstrap_errors(const std::vector<float>& cc, const Pca& reference,
                                 std::size_t repeats, std::uint64_t seed, int threads,
                                 Monitor& monitor) {
  constexpr std::uint32_t kBootstrapStep = 0xB007;
  const auto n = Index(reference.rows), c = Index(reference.components);
  SPI_ASSERT(repeats >= 2 && cc.size() == reference.rows * reference.rows);
  const Eigen::Map<const RowMatrixF> matrix(cc.data(), n, n);
  const RowMatrix centre = Eigen::Map<const RowMatrix>(reference.embedding.data(), n, c);
  std::vector<Draw> draws(repeats);
  Progress progress(monitor, "bootstrap of the embedding", repeats);
  parallel_for(repeats, threads, [&](std::size_t repeat, int) {
    Random random(seed, kBootstrapStep, repeat);
    draws[repeat] = embed_draw(matrix, centre, random);
    progress.advance();
  });

  EmbeddingErrors errors;
  errors.covariance.assign(std::size_t(n * c * c), 0);
  errors.standard_error.resize(std::size_t(n * c));
  for (Index i = 0; i < n; ++i) {
    Eigen::MatrixXd points(Index(repeats), c);
    for (std::size_t b = 0; b < repeats; ++b) points.row(Index(b)) = draws[b].scores.row(i);
    points.rowwise() -= points.colwise().mean().eval();
    const RowMatrix covariance = points.transpose() * points / double(repeats - 1);
    std::copy_n(covariance.data(), c * c, errors.covariance.data() + i * c * c);
    for (Index k = 0; k < c; ++k)
      errors.standard_error[std::size_t(i * c + k)] = std::sqrt(covariance(k, k));
  }
  for (Index k = 0; k < c; ++k) {
    VectorXd ratios = VectorXd::Zero(Index(repeats));
    for (std::size_t b = 0; b < repeats; ++b) ratios[Index(b)] = draws[b].ratio[k];
    errors.explained_variance_ratio_error.push_back(
        std::sqrt((ratios.array() - ratios.mean()).square().sum() / double(repeats - 1)));
  }
  return errors;
}

}  // namespace spi
