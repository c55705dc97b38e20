// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/angular_prior.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/quantum.h"
#include "libspi/polar/angular_series.h"

namespace spi {
namespace {

constexpr std::size_t kLanes = FrameTile::kLanes;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixF = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The sums over frames that the covariance is made of.
struct Moments {
  std::vector<Matrix> products;      ///< by harmonic: Σ_d Re y y*, [R][R]
  std::vector<double> ring_photons;  ///< [R] Σ_d N_d(i)
  double squares = 0, fourth = 0;    ///< Σ φ², Σ φ⁴
};

/// The area's harmonics, [R][M+1].
struct AreaHarmonics {
  std::vector<double> re, im;
  AreaHarmonics(const LikelihoodEngine& engine) {
    const std::size_t count = engine.harmonics() + 1;
    const AngularSeries series(engine.angles());
    re.resize(engine.rings() * count), im.resize(re.size());
    for (std::size_t i = 0; i < engine.rings(); ++i)
      series.analyse(&engine.area()[i * engine.angles()], count - 1, &re[i * count],
                     &im[i * count]);
  }
};

/// Adds the products of harmonic m of some tiles, in quanta.
void add_products(const LikelihoodEngine& engine, const AreaHarmonics& area, double flat,
                  std::span<const FrameTile> tiles, std::size_t m, const Quantum& quantum,
                  Matrix& sum) {
  const std::size_t rings = engine.rings(), from = engine.first_ring(m);
  const std::size_t harmonics = engine.harmonics() + 1;
  MatrixF y(long(rings - from), long(2 * kLanes));
  for (const FrameTile& tile : tiles) {
    for (std::size_t i = from; i < rings; ++i) {
      const float* row = &tile.harmonics[(m * (2 * rings + 1) + 2 * i) * kLanes];
      const double re = area.re[i * harmonics + m], im = area.im[i * harmonics + m];
      for (std::size_t d = 0; d < kLanes; ++d) {
        const double phi = tile.photons[d] / flat;
        y(long(i - from), long(d)) = float(row[d] - phi * re);
        y(long(i - from), long(kLanes + d)) = float(row[kLanes + d] - phi * im);
      }
    }
    const MatrixF product = y * y.transpose();
    sum.bottomRightCorner(product.rows(), product.cols()) +=
        product.cast<double>().unaryExpr([&](double x) { return quantum.round(x); });
  }
}

/// One pass over the frames, in groups of tiles of a fixed size, which the ranks share.
Moments moments_of(FrameStore& store, const LikelihoodEngine& engine, const AreaHarmonics& area,
                   double flat, int threads, Monitor& monitor) {
  constexpr std::size_t kGroup = 16 * kLanes;
  const std::size_t rings = engine.rings(), last = engine.harmonics();
  Moments moments{std::vector<Matrix>(last + 1, Matrix::Zero(long(rings), long(rings))),
                  std::vector<double>(rings)};
  double photons = 0;
  for (std::size_t n = 0; n < store.frames(); ++n) {
    const double phi = double(store.photons(n)) / flat;
    photons += double(store.photons(n));
    moments.squares += phi * phi, moments.fourth += std::pow(phi, 4);
  }
  // |y(i)| <= 2 N: no sum of |y y*| exceeds 4 Σ N².
  const Quantum of_products(4 * moments.squares * flat * flat), of_photons(photons);
  std::vector<FrameTile> tiles(16);
  std::vector<LikelihoodEngine::Scratch> scratch(std::size_t(threads) + 1);
  const std::vector<std::size_t> parts = store.parts(kGroup);
  const std::size_t begin = parts[store.team().rank()], stop = parts[store.team().rank() + 1];
  Progress progress(monitor, "learning what patterns look like", stop - begin);
  for (std::size_t first = begin; first < stop; first += kGroup) {
    const std::size_t end = std::min(stop, first + kGroup);
    const std::size_t count = (end - first + kLanes - 1) / kLanes;
    const FrameStore::View view = store.load(first, end);
    parallel_for(count, threads, [&](std::size_t n, int worker) {
      const std::size_t from = first + n * kLanes;
      std::vector<std::size_t> at(std::min(end, from + kLanes) - from);
      std::iota(at.begin(), at.end(), from - view.offset);
      engine.load(*view.frames, at, tiles[n], scratch[std::size_t(worker)]);
    });
    for (std::size_t n = 0; n < count; ++n)
      for (std::size_t d = 0; d < tiles[n].count; ++d)
        for (std::size_t i = 0; i < rings; ++i)
          moments.ring_photons[i] += of_photons.round(tiles[n].harmonics[2 * i * kLanes + d]);
    parallel_for(last + 1, threads, [&](std::size_t m, int) {
      add_products(engine, area, flat, {tiles.data(), count}, m, of_products, moments.products[m]);
    });
    progress.advance(end - first);
  }
  store.team().sum(moments.ring_photons);
  for (Matrix& products : moments.products)
    store.team().sum(std::span(products.data(), std::size_t(products.size())));
  return moments;
}

}  // namespace

AngularPrior::AngularPrior(FrameStore& store, const std::vector<std::size_t>& limit, int threads,
                           Monitor& monitor)
    : rings_(store.binning().rings()), angles_(store.binning().angles()) {
  const LikelihoodEngine engine(rings_, angles_, store.area(), limit, FluenceUse::free);
  const AreaHarmonics area(engine);
  const double flat = std::reduce(store.area().begin(), store.area().end());
  const Moments moments = moments_of(store, engine, area, flat, threads, monitor);
  const std::size_t count = engine.harmonics() + 1;
  rank_.assign(count, 0);
  basis_.resize(count);
  parallel_for(count, threads, [&](std::size_t m, int) {
    std::vector<double> covariance(rings_ * rings_), noise(rings_), scale(rings_);
    for (std::size_t i = 0; i < rings_; ++i) scale[i] = area.re[i * count] / double(angles_);
    for (std::size_t i = 0; i < rings_; ++i) {
      if (scale[i] <= 0) continue;  // nothing is measured on this ring
      noise[i] = moments.ring_photons[i] / (moments.squares * scale[i] * scale[i]);
      for (std::size_t j = 0; j < rings_; ++j)
        if (scale[j] > 0)
          covariance[i * rings_ + j] =
              moments.products[m](long(i), long(j)) / (moments.squares * scale[i] * scale[j]);
    }
    decompose(m, covariance, noise, moments.squares * moments.squares / moments.fourth);
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

double AngularPrior::variance(std::size_t m, std::size_t ring) const {
  const double* row = basis_[m].data() + ring * rank_[m];
  return std::inner_product(row, row + rank_[m], row, 0.);
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
