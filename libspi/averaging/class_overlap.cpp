// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/class_overlap.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libspi/base/parallel.h"

namespace spi {

void ClassOverlap::add(std::span<const FrameTile> tiles, std::size_t first_tile, int threads) {
  constexpr std::size_t kRows = 32;
  constexpr int kLanes = int(FrameTile::kLanes);
  parallel_for((classes_ + kRows - 1) / kRows, threads, [&](std::size_t part, int) {
    const std::size_t first = part * kRows, rows = std::min(kRows, classes_ - first);
    for (std::size_t n = 0; n < tiles.size(); ++n) {
      if ((first_tile + n) % RateSums::kBlockTiles == 0) flush(first, rows);
      const auto& p = tiles[n].posterior;  // harmonic 0 of the posterior is its sum over angles
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(rows), int(classes_), kLanes, 1.f,
                  &p[first * kLanes], kLanes, p.data(), kLanes, 1.f, &recent_[first * classes_],
                  int(classes_));
    }
  });
}

void ClassOverlap::flush(std::size_t first, std::size_t rows) {
  for (std::size_t n = first * classes_; n < (first + rows) * classes_; ++n)
    sums_[n] += quantum_.round(recent_[n]), recent_[n] = 0;
}

void ClassOverlap::finish(Team& team) {
  flush(0, classes_);
  team.sum(sums_);
}

double ClassOverlap::cosine(std::size_t k, std::size_t l) const {
  const double kk = sums_[k * classes_ + k], ll = sums_[l * classes_ + l];
  return kk > 0 && ll > 0 ? sums_[k * classes_ + l] / std::sqrt(kk * ll) : 0;
}

std::vector<std::size_t> ClassOverlap::copies(const std::vector<double>& occupancy,
                                              double limit) const {
  std::vector<std::size_t> order(classes_), kept, found;
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return occupancy[a] > occupancy[b]; });
  for (const std::size_t k : order) {
    const bool copy = std::ranges::any_of(kept, [&](auto l) { return cosine(k, l) > limit; });
    (copy ? found : kept).push_back(k);
  }
  return found;
}

GainMoments gain_moments(std::span<const double> area, const float* rate) {
  double flat = 0, z = 0, first = 0, second = 0;
  for (std::size_t b = 0; b < area.size(); ++b) {
    const double w = rate[b], log = std::log(w), expected = area[b] * w;
    flat += area[b], z += expected, first += expected * log, second += expected * log * log;
  }
  first /= z, second /= z;
  return {first - std::log(z / flat), std::max(second - first * first, 1e-12)};
}

double Dispersion::excess(std::size_t k) const {
  const double n = double(frames[k]);
  return n > 1 ? n * (variance[k] - 1) / std::sqrt(2 * n) : 0;
}

}  // namespace spi
