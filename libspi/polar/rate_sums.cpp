// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/rate_sums.h"

#include <cblas.h>

#include <algorithm>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/polar/angular_series.h"

namespace spi {
namespace {

constexpr std::size_t kLanes = FrameTile::kLanes;
constexpr std::size_t kTilesInSingle = 64;  ///< 2 × 32 products of 64 frames: 2e-6 at worst

}  // namespace

RateSums::RateSums(const LikelihoodEngine& engine)
    : engine_(engine), classes_(engine.classes()), rings_(engine.rings()) {
  for (int half = 0; half < 2; ++half)
    for (std::size_t m = 0; m <= engine.harmonics(); ++m) {
      recent_[half].emplace_back(2 * classes_ * width(m));
      total_[half].emplace_back(2 * classes_ * width(m));
    }
}

std::size_t RateSums::bytes(const LikelihoodEngine& engine, std::size_t classes) {
  std::size_t numbers = 0;
  for (std::size_t m = 0; m <= engine.harmonics(); ++m)
    numbers += 2 * 2 * classes * (2 * (engine.rings() - engine.first_ring(m)) + 1);
  return numbers * (sizeof(float) + sizeof(double));
}

void RateSums::add(std::span<const FrameTile> tiles, std::size_t first, int threads) {
  parallel_for(engine_.harmonics() + 1, threads, [&](std::size_t m, int) {
    const int columns = int(width(m));
    for (std::size_t n = 0; n < tiles.size(); ++n) {
      if ((first + n) % kTilesInSingle == 0) flush(m);
      const FrameTile& tile = tiles[n];
      const float* frames =
          &tile.harmonics[(m * (2 * rings_ + 1) + 2 * engine_.first_ring(m)) * kLanes];
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(2 * classes_), columns, int(kLanes),
                  1.f, &tile.posterior[m * 2 * classes_ * kLanes], int(kLanes), frames, int(kLanes),
                  1.f, recent_[(first + n) % 2][m].data(), columns);
    }
  });
}

void RateSums::flush(std::size_t m) {
  for (int half = 0; half < 2; ++half) {
    std::vector<float>& recent = recent_[half][m];
    std::vector<double>& total = total_[half][m];
    for (std::size_t n = 0; n < recent.size(); ++n) total[n] += recent[n];
    std::ranges::fill(recent, 0.f);
  }
}

void RateSums::finish(int threads) {
  parallel_for(engine_.harmonics() + 1, threads, [&](std::size_t m, int) { flush(m); });
}

void RateSums::on_bins(std::size_t k, int half, double* numerator, double* exposure) const {
  SPI_ASSERT(half >= 0 && half <= 2 && k < classes_);
  const std::size_t angles = engine_.angles();
  const AngularSeries series(angles);
  std::vector<double> n_re(angles / 2 + 1), n_im(n_re), e_re(n_re), e_im(n_re), a_re(n_re),
      a_im(n_re), q_re(n_re), q_im(n_re), q(angles);
  // Entry (row, column) of the products with P̂ re (row k) and P̂ im (row K + k).
  const auto entry = [&](std::size_t m, std::size_t row, std::size_t column) {
    const std::size_t at = row * width(m) + column;
    double sum = 0;
    for (int h = 0; h < 2; ++h)
      if (half == 2 || half == h) sum += total_[h][m][at];
    return sum;
  };
  for (std::size_t m = 0; m <= engine_.harmonics(); ++m) {
    q_re[m] = entry(m, k, width(m) - 1);
    q_im[m] = entry(m, classes_ + k, width(m) - 1);
  }
  if (engine_.fluence_use() == FluenceUse::free) {
    series.synthesise(q_re.data(), q_im.data(), engine_.harmonics(), q.data());
    for (std::size_t s = 0; s < angles; ++s) q[s] /= engine_.expected_photons(k, s);
    series.analyse(q.data(), engine_.harmonics(), q_re.data(), q_im.data());
  }
  for (std::size_t i = 0; i < rings_; ++i) {
    const std::size_t last = engine_.limit()[i];
    series.analyse(&engine_.area()[i * angles], last, a_re.data(), a_im.data());
    for (std::size_t m = 0; m <= last; ++m) {
      const std::size_t c = 2 * (i - engine_.first_ring(m));
      n_re[m] = entry(m, k, c) - entry(m, classes_ + k, c + 1);
      n_im[m] = entry(m, k, c + 1) + entry(m, classes_ + k, c);
      e_re[m] = q_re[m] * a_re[m] - q_im[m] * a_im[m];
      e_im[m] = q_re[m] * a_im[m] + q_im[m] * a_re[m];
    }
    series.synthesise(n_re.data(), n_im.data(), last, numerator + i * angles);
    series.synthesise(e_re.data(), e_im.data(), last, exposure + i * angles);
  }
}

}  // namespace spi
