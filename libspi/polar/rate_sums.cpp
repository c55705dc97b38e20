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

}  // namespace

RateSums::RateSums(const LikelihoodEngine& engine, double largest)
    : engine_(engine),
      quantum_(largest),
      classes_(engine.classes()),
      rings_(engine.rings()),
      dft_(engine.angles(), engine.harmonics()) {
  const std::size_t count = engine.harmonics() + 1;
  const AngularSeries series(engine.angles());
  std::vector<double> re(count), im(count);
  for (std::size_t i = 0; i < rings_; ++i) {
    series.analyse(&engine.area()[i * engine.angles()], engine.harmonics(), re.data(), im.data());
    area_re_.insert(area_re_.end(), re.begin(), re.end());
    area_im_.insert(area_im_.end(), im.begin(), im.end());
  }
  offset_ = {0};
  for (std::size_t m = 0; m <= engine.harmonics(); ++m) {
    for (auto& recent : recent_) recent.emplace_back(2 * classes_ * width(m));
    offset_.push_back(offset_.back() + 2 * classes_ * width(m));
  }
  total_.resize(2 * offset_.back());
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
      if ((first + n) % kBlockTiles == 0) flush(m);
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
    double* const to = &total_[at(m, half)];
    for (std::size_t n = 0; n < recent.size(); ++n) to[n] += quantum_.round(recent[n]);
    std::ranges::fill(recent, 0.f);
  }
}

void RateSums::add_totals(std::span<const double> totals, std::size_t first) {
  SPI_ASSERT(first + totals.size() <= total_.size());
  for (std::size_t n = 0; n < totals.size(); ++n) total_[first + n] += totals[n];
}

void RateSums::finish(int threads, Team& team) {
  parallel_for(engine_.harmonics() + 1, threads, [&](std::size_t m, int) { flush(m); });
  team.sum(total_);
}

double RateSums::entry(std::size_t m, std::size_t row, std::size_t column, int half) const {
  const std::size_t at = row * width(m) + column;
  if (half < 2) return total(m, half)[at];
  return total(m, 0)[at] + total(m, 1)[at];
}

void RateSums::weights(std::size_t k, int half, double* re, double* im) const {
  const std::size_t angles = engine_.angles(), last = engine_.harmonics();
  for (std::size_t m = 0; m <= last; ++m) {
    re[m] = entry(m, k, width(m) - 1, half);
    im[m] = entry(m, classes_ + k, width(m) - 1, half);
  }
  if (engine_.fluence_use() == FluenceUse::known) return;
  const AngularSeries series(angles);
  std::vector<double> q(angles);
  series.synthesise(re, im, last, q.data());
  for (std::size_t s = 0; s < angles; ++s) q[s] /= engine_.expected_photons(k, s);
  series.analyse(q.data(), last, re, im);
}

void RateSums::on_bins(std::size_t k, int half, double* numerator, double* exposure) const {
  SPI_ASSERT(half >= 0 && half <= 2 && k < classes_);
  const std::size_t angles = engine_.angles();
  const AngularSeries series(angles);
  std::vector<double> n_re(angles / 2 + 1), n_im(n_re), e_re(n_re), e_im(n_re), a_re(n_re),
      a_im(n_re), q_re(n_re), q_im(n_re);
  weights(k, half, q_re.data(), q_im.data());
  for (std::size_t i = 0; i < rings_; ++i) {
    const std::size_t last = engine_.limit()[i];
    series.analyse(&engine_.area()[i * angles], last, a_re.data(), a_im.data());
    for (std::size_t m = 0; m <= last; ++m) {
      const std::size_t c = 2 * (i - engine_.first_ring(m));
      n_re[m] = entry(m, k, c, half) - entry(m, classes_ + k, c + 1, half);
      n_im[m] = entry(m, k, c + 1, half) + entry(m, classes_ + k, c, half);
      e_re[m] = q_re[m] * a_re[m] - q_im[m] * a_im[m];
      e_im[m] = q_re[m] * a_im[m] + q_im[m] * a_re[m];
    }
    series.synthesise(n_re.data(), n_im.data(), last, numerator + i * angles);
    series.synthesise(e_re.data(), e_im.data(), last, exposure + i * angles);
  }
}

void RateSums::on_bins(std::size_t k, int half, Rows& rows, float* numerator,
                       float* exposure) const {
  SPI_ASSERT(half >= 0 && half < 2 && k < classes_);
  const std::size_t angles = engine_.angles(), count = engine_.harmonics() + 1, lanes = 2 * rings_;
  std::vector<double> q_re(count), q_im(count);
  weights(k, half, q_re.data(), q_im.data());
  rows.re.assign(count * lanes, 0.f);
  rows.im.assign(count * lanes, 0.f);
  rows.angles.resize(angles * lanes);
  for (std::size_t m = 0; m < count; ++m) {
    const double* real = total(m, half) + k * width(m);
    const double* imaginary = total(m, half) + (classes_ + k) * width(m);
    const auto qr = float(q_re[m]), qi = float(q_im[m]);
    float* const re = &rows.re[m * lanes];
    float* const im = &rows.im[m * lanes];
    for (std::size_t i = engine_.first_ring(m); i < rings_; ++i) {
      const std::size_t c = 2 * (i - engine_.first_ring(m));
      re[i] = float(real[c] - imaginary[c + 1]);
      im[i] = float(real[c + 1] + imaginary[c]);
      const float ar = area_re_[i * count + m], ai = area_im_[i * count + m];
      re[rings_ + i] = qr * ar - qi * ai;
      im[rings_ + i] = qr * ai + qi * ar;
    }
  }
  dft_.inverse(rows.re.data(), rows.im.data(), lanes, lanes, rows.angles.data());
  for (std::size_t i = 0; i < rings_; ++i)
    for (std::size_t j = 0; j < angles; ++j) {
      numerator[i * angles + j] = rows.angles[j * lanes + i];
      exposure[i * angles + j] = rows.angles[j * lanes + rings_ + i];
    }
}

}  // namespace spi
