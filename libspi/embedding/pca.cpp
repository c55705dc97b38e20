// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/pca.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/random.h"
#include "libspi/embedding/eigenpairs.h"

namespace spi {
namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;
using Eigen::VectorXd;

/// The rows X_ij = √w_i (c_ij √v_j − mean_j) of a float matrix c [n][m] with row weights w and
/// column weights v, mean the weighted column mean of c_ij √v_j: never formed, only multiplied.
class CentredRows {
 public:
  CentredRows(const float* values, Index n, Index m, VectorXd row_weight, VectorXd column_weight)
      : values_(values),
        n_(n),
        m_(m),
        row_weight_(std::move(row_weight)),
        column_root_(column_weight.cwiseSqrt()) {
    mean_ = column_root_.cwiseProduct(transposed_times(row_weight_)) / row_weight_.sum();
  }

  Index rows() const { return n_; }
  Index columns() const { return m_; }
  const VectorXd& mean() const { return mean_; }

  /// Scores of all n rows, whatever their weight: (c_ij √v_j − mean_j) · axis.
  VectorXd scores(const VectorXd& axis) const {
    return times(column_root_.cwiseProduct(axis)).array() - mean_.dot(axis);
  }
  /// X^T X v
  VectorXd gram_times(const VectorXd& v) const {
    const VectorXd t = row_weight_.cwiseProduct(scores(v));
    return column_root_.cwiseProduct(transposed_times(t)) - mean_ * t.sum();
  }
  /// Σ X_ij²
  double total() const {
    double sum = 0;
    for (Index i = 0; i < n_; ++i)
      for (Index j = 0; j < m_; ++j)
        sum += row_weight_[i] * std::pow(values_[i * m_ + j] * column_root_[j] - mean_[j], 2);
    return sum;
  }
  /// X itself, for small matrices.
  Eigen::MatrixXd dense() const {
    Eigen::MatrixXd x(n_, m_);
    for (Index i = 0; i < n_; ++i)
      for (Index j = 0; j < m_; ++j)
        x(i, j) = std::sqrt(row_weight_[i]) * (values_[i * m_ + j] * column_root_[j] - mean_[j]);
    return x;
  }

 private:
  VectorXd times(const VectorXd& v) const {
    VectorXd out(n_);
    for (Index i = 0; i < n_; ++i) {
      const float* row = values_ + i * m_;
      constexpr Index kLanes = 16;  // independent sums, so that the loop becomes vector code
      double lane[kLanes] = {};
      Index j = 0;
      for (; j + kLanes <= m_; j += kLanes)
        for (Index l = 0; l < kLanes; ++l) lane[l] += row[j + l] * v[j + l];
      for (; j < m_; ++j) lane[0] += row[j] * v[j];
      out[i] = std::accumulate(lane, lane + kLanes, 0.0);
    }
    return out;
  }
  VectorXd transposed_times(const VectorXd& t) const {
    VectorXd out = VectorXd::Zero(m_);
    for (Index i = 0; i < n_; ++i) {
      const float* row = values_ + i * m_;
      const double factor = t[i];
      if (factor == 0) continue;
      for (Index j = 0; j < m_; ++j) out[j] += factor * row[j];
    }
    return out;
  }

  const float* values_;
  Index n_, m_;
  VectorXd row_weight_, column_root_, mean_;
};

/// The `count` leading right singular vectors of x, and the sums of squares along them.
Eigenpairs leading_axes(const CentredRows& x, Index count) {
  constexpr Index kSubspace = 20;
  Eigenpairs axes;
  if (few_of_many(count, x.columns())) {
    const auto gram_times = [&](const VectorXd& v) { return x.gram_times(v); };
    axes = lanczos(x.columns(), count, gram_times, kSubspace,
                   "principal components of the correlation matrix");
  } else {
    const Eigen::MatrixXd dense = x.dense();
    axes = dense_eigenpairs(dense.transpose() * dense, count);
  }
  axes.values = axes.values.cwiseMax(0);
  return axes;
}

RowMatrix all_scores(const CentredRows& x, const Eigenpairs& axes) {
  RowMatrix scores(x.rows(), axes.vectors.cols());
  for (Index c = 0; c < scores.cols(); ++c) scores.col(c) = x.scores(axes.vectors.col(c));
  return scores;
}

/// Scores of all rows of `cc` on the PCA of a bootstrap draw, turned onto `reference`.
struct Draw {
  RowMatrix scores;
  VectorXd ratio;
};

Draw embed_draw(const std::vector<float>& cc, const RowMatrix& reference, Random& random) {
  const Index n = reference.rows(), c = reference.cols();
  // A pattern drawn m times is m rows and, as a feature, m columns.
  VectorXd multiplicity = VectorXd::Zero(n);
  for (Index i = 0; i < n; ++i)
    multiplicity[static_cast<Index>(random.below(std::uint64_t(n)))] += 1;
  const CentredRows x(cc.data(), n, n, multiplicity, multiplicity);
  const Eigenpairs axes = leading_axes(x, c);
  Draw draw{all_scores(x, axes), {}};
  const double total = x.total();
  draw.ratio = axes.values / (total > 0 ? total : 1);
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
  const CentredRows x(values.data(), Index(rows), Index(features), VectorXd::Ones(Index(rows)),
                      VectorXd::Ones(Index(features)));
  Eigenpairs axes = leading_axes(x, count);
  const RowMatrix scores = all_scores(x, axes);
  Pca result;
  result.rows = rows;
  result.features = features;
  result.components = std::size_t(count);
  result.embedding.assign(scores.data(), scores.data() + scores.size());
  const std::vector<double> signs = fix_signs(result);
  for (Index c = 0; c < count; ++c) axes.vectors.col(c) *= signs[std::size_t(c)];
  result.axes.assign(axes.vectors.data(), axes.vectors.data() + axes.vectors.size());
  result.mean.assign(x.mean().data(), x.mean().data() + x.mean().size());
  const double total = x.total();
  for (Index c = 0; c < count; ++c)
    result.explained_variance_ratio.push_back(total > 0 ? axes.values[c] / total : 0);
  return result;
}

void keep_components(Pca& pca, std::size_t count) {
  if (count >= pca.components) return;
  keep_components(static_cast<Points&>(pca), count);
  pca.axes.resize(count * pca.features);
  pca.explained_variance_ratio.resize(count);
}

EmbeddingErrors bootstrap_errors(const std::vector<float>& cc, const Points& reference,
                                 std::size_t repeats, std::uint64_t seed, int threads,
                                 Monitor& monitor) {
  constexpr std::uint32_t kBootstrapStep = 0xB007;
  const auto n = Index(reference.rows), c = Index(reference.components);
  SPI_ASSERT(repeats >= 2 && cc.size() == reference.rows * reference.rows);
  const RowMatrix centre = Eigen::Map<const RowMatrix>(reference.embedding.data(), n, c);
  std::vector<Draw> draws(repeats);
  Progress progress(monitor, "bootstrap of the embedding", repeats);
  parallel_for(repeats, threads, [&](std::size_t repeat, int) {
    Random random(seed, kBootstrapStep, repeat);
    draws[repeat] = embed_draw(cc, centre, random);
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
