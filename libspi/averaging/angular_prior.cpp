// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/angular_prior.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/polar/angular_series.h"

namespace spi {
namespace {

constexpr std::size_t kLanes = FrameTile::kLanes;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixF = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace

AngularPrior::AngularPrior(FrameStore& store, const LikelihoodEngine& engine, int threads,
                           Monitor& monitor)
    : rings_(engine.rings()), angles_(engine.angles()) {
  const std::size_t last = engine.harmonics(), rows = 2 * rings_ + 1;
  const AngularSeries series(angles_);
  std::vector<double> area_re(rings_ * (last + 1)), area_im(area_re), mean_area(rings_);
  for (std::size_t i = 0; i < rings_; ++i) {
    series.analyse(&engine.area()[i * angles_], last, &area_re[i * (last + 1)],
                   &area_im[i * (last + 1)]);
    mean_area[i] = area_re[i * (last + 1)] / double(angles_);
  }
  const double flat = std::reduce(engine.area().begin(), engine.area().end());

  // The frames' products are summed in blocks of tiles, in a fixed order.
  constexpr std::size_t kTiles = 16;
  std::vector<Matrix> products(last + 1, Matrix::Zero(long(rings_), long(rings_)));
  std::vector<double> ring_photons(rings_);
  double frames = 0, squares = 0, fourth = 0;
  std::vector<FrameTile> tiles(kTiles);
  std::vector<LikelihoodEngine::Scratch> scratch(std::size_t(threads) + 1);
  Progress progress(monitor, "learning what patterns look like", store.frames());
  for (std::size_t first = 0; first < store.frames(); first += kTiles * kLanes) {
    const std::size_t end = std::min(store.frames(), first + kTiles * kLanes);
    const FrameStore::View view = store.load(first, end);
    const std::size_t count = (end - first + kLanes - 1) / kLanes;
    parallel_for(count, threads, [&](std::size_t n, int worker) {
      std::vector<std::size_t> at;
      for (std::size_t d = first + n * kLanes; d < std::min(end, first + (n + 1) * kLanes); ++d)
        at.push_back(d - view.offset);
      engine.load(*view.frames, at, tiles[n], scratch[std::size_t(worker)]);
    });
    for (std::size_t n = 0; n < count; ++n)
      for (std::size_t d = 0; d < tiles[n].count; ++d) {
        const double phi = tiles[n].photons[d] / flat;
        frames += 1, squares += phi * phi, fourth += phi * phi * phi * phi;
        for (std::size_t i = 0; i < rings_; ++i)
          ring_photons[i] += tiles[n].harmonics[2 * i * kLanes + d];
      }
    parallel_for(last + 1, threads, [&](std::size_t m, int) {
      MatrixF y(long(rings_), long(2 * kLanes));
      const long from = long(engine.first_ring(m));
      for (std::size_t n = 0; n < count; ++n) {
        for (std::size_t i = std::size_t(from); i < rings_; ++i) {
          const float* row = &tiles[n].harmonics[(m * rows + 2 * i) * kLanes];
          for (std::size_t d = 0; d < kLanes; ++d) {
            const double phi = tiles[n].photons[d] / flat;
            y(long(i), long(d)) = float(row[d] - phi * area_re[i * (last + 1) + m]);
            y(long(i), long(kLanes + d)) = float(row[kLanes + d] - phi * area_im[i * (last + 1) + m]);
          }
        }
        const auto part = y.bottomRows(long(rings_) - from);
        const MatrixF product = part * part.transpose();
        products[m].bottomRightCorner(product.rows(), product.cols()) += product.cast<double>();
      }
    });
    progress.advance(end - first);
  }

  rank_.assign(last + 1, 0);
  basis_.resize(last + 1);
  parallel_for(last + 1, threads, [&](std::size_t m, int) {
    std::vector<double> covariance(rings_ * rings_), noise(rings_);
    for (std::size_t i = 0; i < rings_; ++i) {
      noise[i] = ring_photons[i] / (squares * mean_area[i] * mean_area[i]);
      for (std::size_t j = 0; j < rings_; ++j)
        covariance[i * rings_ + j] =
            products[m](long(i), long(j)) / (squares * mean_area[i] * mean_area[j]);
    }
    decompose(m, covariance, noise, squares * squares / fourth);
  });
}

void AngularPrior::decompose(std::size_t m, const std::vector<double>& covariance,
                             const std::vector<double>& noise, double frames) {
  const long r = long(rings_);
  Matrix white = Matrix::Zero(r, r);
  for (long i = 0; i < r; ++i)
    for (long j = 0; j < r; ++j)
      if (noise[std::size_t(i)] > 0 && noise[std::size_t(j)] > 0)
        white(i, j) = covariance[std::size_t(i * r + j)] /
                          std::sqrt(noise[std::size_t(i)] * noise[std::size_t(j)]) -
                      (i == j ? 1 : 0);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(white);
  // Eigenvalues of R × R noise from F frames reach (1 + √(R/F))² − 1.
  const double gamma = double(rings_) / frames;
  const double edge = 1.1 * (2 * std::sqrt(gamma) + gamma);
  std::vector<double>& basis = basis_[m];
  std::vector<long> kept;
  for (long c = r - 1; c >= 0 && solver.eigenvalues()[c] > edge; --c) kept.push_back(c);
  rank_[m] = kept.size();
  basis.resize(rings_ * kept.size());
  for (long i = 0; i < r; ++i)
    for (std::size_t c = 0; c < kept.size(); ++c)
      basis[std::size_t(i) * kept.size() + c] =
          std::sqrt(noise[std::size_t(i)] * solver.eigenvalues()[kept[c]]) *
          solver.eigenvectors()(i, kept[c]);
}

std::size_t AngularPrior::last_harmonic() const {
  std::size_t last = 0;
  for (std::size_t m = 0; m < rank_.size(); ++m)
    if (rank_[m] > 0) last = m;
  return last;
}

void AngularPrior::filter(const double* exposure, double* rate) const {
  const std::size_t last = rank_.size() - 1;
  const AngularSeries series(angles_);
  std::vector<double> re(rings_ * (last + 1)), im(re), precision(rings_);
  for (std::size_t i = 0; i < rings_; ++i) {
    series.analyse(rate + i * angles_, last, &re[i * (last + 1)], &im[i * (last + 1)]);
    re[i * (last + 1)] -= double(angles_);  // the mean pattern
    const double sum = std::accumulate(exposure + i * angles_, exposure + (i + 1) * angles_, 0.);
    precision[i] = std::max(sum, 0.) / double(angles_ * angles_);
  }
  for (std::size_t m = 0; m <= last; ++m) {
    const long r = long(rank_[m]);
    const Eigen::Map<const Matrix> b(basis_[m].data(), long(rings_), r);
    const Eigen::Map<const Eigen::VectorXd> s(precision.data(), long(rings_));
    Eigen::Matrix<double, Eigen::Dynamic, 2> y(long(rings_), 2);
    for (std::size_t i = 0; i < rings_; ++i)
      y(long(i), 0) = re[i * (last + 1) + m], y(long(i), 1) = im[i * (last + 1) + m];
    if (r > 0) {
      const Eigen::MatrixXd weighted = s.asDiagonal() * b;
      const Eigen::MatrixXd inner = Eigen::MatrixXd::Identity(r, r) + b.transpose() * weighted;
      const Eigen::MatrixXd coefficients = inner.llt().solve(weighted.transpose() * y);
      y = b * coefficients;
    } else {
      y.setZero();
    }
    for (std::size_t i = 0; i < rings_; ++i)
      re[i * (last + 1) + m] = y(long(i), 0), im[i * (last + 1) + m] = y(long(i), 1);
  }
  for (std::size_t i = 0; i < rings_; ++i) {
    re[i * (last + 1)] += double(angles_);
    series.synthesise(&re[i * (last + 1)], &im[i * (last + 1)], last, rate + i * angles_);
  }
}

}  // namespace spi
