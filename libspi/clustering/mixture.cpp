// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/mixture.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/random.h"
#include "libspi/clustering/kmeans.h"

namespace spi {
namespace {

constexpr std::uint32_t kStartStep = 0x474D;
constexpr int kFirstSteps = 30, kMostSteps = 1000;

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Covariance of all points, made regular where they lie in a subspace.
MatrixXd total_covariance(const RowMatrix& x) {
  constexpr double kLeast = 1e-9;  // of the mean variance
  const RowMatrix centred = x.rowwise() - x.colwise().mean();
  const MatrixXd s = centred.transpose() * centred / double(x.rows());
  const double mean_variance = s.trace() / double(x.cols());
  return s +
         MatrixXd::Identity(x.cols(), x.cols()) * (mean_variance > 0 ? kLeast * mean_variance : 1);
}

class Em {
 public:
  Em(const RowMatrix& x, const MatrixXd& total, const Partition& start)
      : x_(x),
        clusters_(Index(start.clusters)),
        prior_scale_(total / std::pow(double(start.clusters), 2 / double(x.cols()))),
        responsibility_(RowMatrix::Zero(x.rows(), clusters_)) {
    for (Index i = 0; i < x.rows(); ++i) responsibility_(i, start.label[std::size_t(i)]) = 1;
  }

  /// At most so many steps; fewer where the posterior hardly grows any more.
  void run(int steps) {
    constexpr double kTolerance = 1e-6;  // nat a point
    for (int step = 0; step < steps; ++step) {
      maximise();
      const double before = log_posterior();
      log_likelihood_ = expect();
      objective_.push_back(log_likelihood_ + log_prior());
      if (log_posterior() - before < kTolerance * double(x_.rows())) break;
    }
  }

  double log_posterior() const { return objective_.empty() ? -INFINITY : objective_.back(); }

  Mixture result() const {
    const double c = double(x_.cols()), k = double(clusters_);
    const double parameters = k - 1 + k * c + k * c * (c + 1) / 2;
    Mixture result;
    result.log_likelihood = log_likelihood_;
    result.objective = objective_;
    result.bic = -2 * log_likelihood_ + parameters * std::log(double(x_.rows()));
    result.weight.assign(weight_.data(), weight_.data() + weight_.size());
    result.mean.assign(mean_.data(), mean_.data() + mean_.size());
    for (const MatrixXd& m : covariance_)
      result.covariance.insert(result.covariance.end(), m.data(), m.data() + m.size());
    result.partition.clusters = std::size_t(clusters_);
    for (Index i = 0; i < x_.rows(); ++i) {
      Index likeliest = 0;
      result.partition.probability.push_back(responsibility_.row(i).maxCoeff(&likeliest));
      result.partition.label.push_back(int(likeliest));
    }
    return result;
  }

 private:
  double prior_freedom() const { return double(x_.cols()) + 2; }

  void maximise() {
    const VectorXd size = responsibility_.colwise().sum();
    weight_ = size / double(x_.rows());
    mean_ = RowMatrix::Zero(clusters_, x_.cols());
    covariance_.clear();
    for (Index k = 0; k < clusters_; ++k) {
      if (size[k] > 0) mean_.row(k) = responsibility_.col(k).transpose() * x_ / size[k];
      const RowMatrix centred = x_.rowwise() - mean_.row(k);
      const MatrixXd scatter = centred.transpose() * responsibility_.col(k).asDiagonal() * centred;
      covariance_.push_back((prior_scale_ + scatter) /
                            (size[k] + prior_freedom() + double(x_.cols()) + 1));
    }
  }

  /// Responsibilities; returns the log likelihood.
  double expect() {
    constexpr double kLog2Pi = 1.8378770664093454;
    for (Index k = 0; k < clusters_; ++k) {
      const Eigen::LLT<MatrixXd> root(covariance_[std::size_t(k)]);
      const MatrixXd lower = root.matrixL();
      const double offset = std::log(weight_[k]) - lower.diagonal().array().log().sum() -
                            double(x_.cols()) / 2 * kLog2Pi;
      const MatrixXd whitened =
          lower.triangularView<Eigen::Lower>().solve((x_.rowwise() - mean_.row(k)).transpose());
      responsibility_.col(k) = offset - whitened.colwise().squaredNorm().transpose().array() / 2;
    }
    double log_likelihood = 0;
    for (Index i = 0; i < x_.rows(); ++i) {
      const double largest = responsibility_.row(i).maxCoeff();
      responsibility_.row(i) = (responsibility_.row(i).array() - largest).exp();
      const double sum = responsibility_.row(i).sum();
      responsibility_.row(i) /= sum;
      log_likelihood += largest + std::log(sum);
    }
    return log_likelihood;
  }

  double log_prior() const {
    double sum = 0;
    for (const MatrixXd& covariance : covariance_) {
      const Eigen::LLT<MatrixXd> root(covariance);
      const MatrixXd lower = root.matrixL();
      sum -= (prior_freedom() + double(x_.cols()) + 1) * lower.diagonal().array().log().sum();
      sum -= root.solve(prior_scale_).trace() / 2;
    }
    return sum;
  }

  const RowMatrix& x_;
  Index clusters_;
  MatrixXd prior_scale_;
  RowMatrix responsibility_;  // [N][K]
  VectorXd weight_;
  RowMatrix mean_;
  std::vector<MatrixXd> covariance_;
  double log_likelihood_ = 0;
  std::vector<double> objective_;  // log posterior after every step
};

}  // namespace

Mixture fit_mixture(const Points& points, std::size_t clusters, std::size_t starts,
                    std::uint64_t seed, int threads) {
  SPI_ASSERT(clusters >= 1 && clusters <= points.rows && starts >= 1);
  const RowMatrix x = Eigen::Map<const RowMatrix>(points.embedding.data(), Index(points.rows),
                                                  Index(points.components));
  const MatrixXd total = total_covariance(x);
  std::vector<Em> runs;
  for (std::size_t s = 0; s < (clusters == 1 ? 1 : starts); ++s) {
    const std::uint64_t own_seed = Random(seed, kStartStep, s).bits64();
    runs.emplace_back(x, total, kmeans(points, clusters, 1, own_seed, 1).partition);
  }
  parallel_for(runs.size(), threads, [&](std::size_t s, int) { runs[s].run(kFirstSteps); });
  Em& best = *std::ranges::max_element(runs, {}, &Em::log_posterior);
  best.run(kMostSteps);
  return best.result();
}

}  // namespace spi
