// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/orientation/correlation_engine.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

constexpr std::size_t kLanes = PatternTile::kLanes;
constexpr std::size_t kBlock = 64;      ///< views multiplied together
constexpr std::size_t kStretches = 16;  ///< of angles, each of which may hold a peak
using Lane = std::array<float, kLanes>;

std::vector<std::size_t> first_rings(const std::vector<std::size_t>& limit, std::size_t last) {
  std::vector<std::size_t> first;
  for (std::size_t m = 0; m <= last; ++m)
    first.push_back(std::size_t(std::ranges::lower_bound(limit, m) - limit.begin()));
  return first;
}

/// Heap order with the least peak in front; ties go by place, so that threads don't matter.
bool above(const Peak& a, const Peak& b) {
  if (a.correlation != b.correlation) return a.correlation > b.correlation;
  return a.view != b.view ? a.view < b.view : a.shift < b.shift;
}

void keep(std::vector<Peak>& peaks, const Peak& peak) {
  if (peaks.size() < PatternTile::kPeaks) {
    peaks.push_back(peak);
    std::ranges::push_heap(peaks, above);
  } else if (above(peak, peaks.front())) {
    std::ranges::pop_heap(peaks, above);
    peaks.back() = peak;
    std::ranges::push_heap(peaks, above);
  }
}

}  // namespace

CorrelationEngine::CorrelationEngine(std::size_t rings, std::size_t angles,
                                     std::vector<float> ring_weight, std::vector<std::size_t> limit)
    : rings_(rings),
      angles_(angles),
      ring_weight_(std::move(ring_weight)),
      limit_(std::move(limit)),
      first_ring_(first_rings(limit_, limit_.back())),
      dft_(angles, limit_.back()),
      full_dft_(angles, angles / 2) {
  SPI_ASSERT(rings > 0 && ring_weight_.size() == rings && limit_.size() == rings);
  SPI_ASSERT(std::ranges::is_sorted(limit_));
  openblas_set_num_threads(1);
}

std::size_t CorrelationEngine::view_bytes(bool masked) const {
  std::size_t numbers = masked ? 2 * rings_ * (angles_ / 2 + 1) : 2 * rings_;
  for (const std::size_t limit : limit_) numbers += 2 * (limit + 1);
  return numbers * sizeof(float);
}

void CorrelationEngine::set_views(std::vector<std::uint8_t> counted, std::size_t first_view,
                                  bool masked, int threads,
                                  const std::function<void(std::size_t, std::span<float>)>& slice) {
  counted_ = std::move(counted);
  first_view_ = first_view;
  masked_ = masked;
  const std::size_t blocks = (views() + kBlock - 1) / kBlock, half = angles_ / 2;
  const std::size_t energy_harmonics = masked ? half : 0;
  rows_.assign(blocks, {});
  energy_rows_.assign(blocks, {});
  parallel_for(blocks, threads, [&](std::size_t b, int) {
    for (std::size_t m = 0; m <= harmonics(); ++m)
      rows_[b].emplace_back(kBlock * 2 * (rings_ - first_ring_[m]));
    for (std::size_t m = 0; m <= energy_harmonics; ++m)
      energy_rows_[b].emplace_back(kBlock * 2 * rings_);
    std::vector<float> y(rings_ * angles_), turned(y.size());
    std::vector<float> re((half + 1) * rings_), im(re.size());
    for (std::size_t k = 0; k < std::min(kBlock, views() - b * kBlock); ++k) {
      slice(b * kBlock + k, y);
      for (std::size_t i = 0; i < rings_; ++i)
        for (std::size_t j = 0; j < angles_; ++j) turned[j * rings_ + i] = y[i * angles_ + j];
      dft_.forward(turned.data(), rings_, re.data(), im.data(), rings_, harmonics());
      for (std::size_t m = 0; m <= harmonics(); ++m)
        for (std::size_t i = 0; i < rings_; ++i) {
          if (i < first_ring_[m]) {
            re[m * rings_ + i] = im[m * rings_ + i] = 0;
            continue;
          }
          float* to = &rows_[b][m][(k * (rings_ - first_ring_[m]) + i - first_ring_[m]) * 2];
          to[0] = re[m * rings_ + i], to[1] = im[m * rings_ + i];
        }
      dft_.inverse(re.data(), im.data(), rings_, rings_, turned.data());
      for (float& value : turned) value *= value;
      full_dft_.forward(turned.data(), rings_, re.data(), im.data(), rings_, energy_harmonics);
      for (std::size_t m = 0; m <= energy_harmonics; ++m)
        for (std::size_t i = 0; i < rings_; ++i) {
          float* to = &energy_rows_[b][m][(k * rings_ + i) * 2];
          to[0] = re[m * rings_ + i], to[1] = im[m * rings_ + i];
        }
    }
  });
}

void CorrelationEngine::load(std::span<const float> x, std::span<const float> measured,
                             PatternTile& tile) const {
  const std::size_t ring_points = rings_ * angles_, half = angles_ / 2;
  SPI_ASSERT(x.size() == measured.size() && x.size() % ring_points == 0);
  tile.count = x.size() / ring_points;
  SPI_ASSERT(tile.count <= kLanes);
  tile.norm.fill(0), tile.sum.fill(0);
  for (auto& peaks : tile.peaks) peaks.clear();
  tile.masked = false;
  std::array<double, kLanes> energy{};
  for (std::size_t d = 0; d < tile.count; ++d)
    for (std::size_t i = 0; i < rings_; ++i) {
      const float* m = &measured[(d * rings_ + i) * angles_];
      const float* value = &x[(d * rings_ + i) * angles_];
      for (std::size_t j = 0; j < angles_; ++j) {
        if (m[j] != m[0]) tile.masked = true;
        energy[d] += double(ring_weight_[i]) * m[j] * value[j] * value[j];
      }
    }
  for (std::size_t d = 0; d < tile.count; ++d) tile.norm[d] = float(std::sqrt(energy[d]));
  SPI_ASSERT(masked_ || !tile.masked);

  const std::size_t stride = 2 * rings_ * 2 * kLanes;
  const std::size_t mask_harmonics = tile.masked ? half : 0;
  tile.harmonics.assign((harmonics() + 1) * stride, 0.f);
  tile.mask_harmonics.assign((mask_harmonics + 1) * stride, 0.f);
  std::vector<float> lanes(angles_ * kLanes), re((half + 1) * kLanes), im(re.size());
  const auto transform = [&](std::size_t ring, std::size_t last, bool weights,
                             std::vector<float>& out) {
    std::ranges::fill(lanes, 0.f);
    for (std::size_t d = 0; d < tile.count; ++d) {
      const std::size_t at = (d * rings_ + ring) * angles_;
      for (std::size_t j = 0; j < angles_; ++j)
        lanes[j * kLanes + d] = ring_weight_[ring] * measured[at + j] * (weights ? 1.f : x[at + j]);
    }
    full_dft_.forward(lanes.data(), kLanes, re.data(), im.data(), kLanes, last);
    for (std::size_t m = 0; m <= last; ++m) {
      float* row = &out[m * stride + 2 * ring * 2 * kLanes];
      for (std::size_t d = 0; d < kLanes; ++d) {
        const float a = re[m * kLanes + d], b = im[m * kLanes + d];
        row[d] = a, row[kLanes + d] = -b;
        row[2 * kLanes + d] = b, row[3 * kLanes + d] = a;
      }
    }
  };
  for (std::size_t i = 0; i < rings_; ++i) {
    transform(i, limit_[i], false, tile.harmonics);
    transform(i, mask_harmonics, true, tile.mask_harmonics);
  }
}

void CorrelationEngine::multiply(const std::vector<std::vector<float>>& rows, std::size_t harmonics,
                                 const std::vector<float>& tile,
                                 std::vector<float>& product) const {
  constexpr int kWide = 2 * int(kLanes);
  product.resize((harmonics + 1) * kBlock * kWide);
  for (std::size_t m = 0; m <= harmonics; ++m) {
    const int width = int(rows[m].size() / kBlock);
    const std::size_t skipped = 2 * rings_ - std::size_t(width);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, int(kBlock), kWide, width, 1.f,
                rows[m].data(), width, &tile[(m * 2 * rings_ + skipped) * kWide], kWide, 0.f,
                &product[m * kBlock * kWide], kWide);
  }
}

void CorrelationEngine::scan(PatternTile& tile, std::size_t view, const float* values,
                             const float* energies, bool angular_energy) const {
  Lane scale{}, sum{};
  for (std::size_t d = 0; d < tile.count; ++d) scale[d] = tile.norm[d] > 0 ? 1 / tile.norm[d] : 0;
  if (!angular_energy)
    for (std::size_t d = 0; d < kLanes; ++d)
      scale[d] = energies[d] > 0 ? scale[d] / std::sqrt(energies[d]) : 0;
  const std::size_t stretch = (angles_ + kStretches - 1) / kStretches;
  for (std::size_t first = 0; first < angles_; first += stretch) {
    Lane best;
    std::array<std::uint32_t, kLanes> at{};
    best.fill(-2);
    for (std::size_t s = first; s < std::min(first + stretch, angles_); ++s) {
      const float* __restrict v = values + s * kLanes;
      const float* __restrict e = energies + s * kLanes;
      for (std::size_t d = 0; d < kLanes; ++d) {
        float value = v[d] * scale[d];
        if (angular_energy) value /= std::sqrt(std::max(e[d], 1e-30f));
        sum[d] += value;
        at[d] = value > best[d] ? std::uint32_t(s) : at[d];
        best[d] = value > best[d] ? value : best[d];
      }
    }
    for (std::size_t d = 0; d < tile.count; ++d)
      keep(tile.peaks[d], {best[d], std::uint32_t(first_view_ + view), at[d]});
  }
  if (counted_[view])
    for (std::size_t d = 0; d < tile.count; ++d) tile.sum[d] += double(sum[d]);
}

void CorrelationEngine::correlate(PatternTile& tile, Scratch& scratch) const {
  const std::size_t half = angles_ / 2, stride = kBlock * 2 * kLanes;
  const std::size_t energy_harmonics = tile.masked ? half : 0;
  scratch.angles.resize(angles_ * kLanes);
  scratch.energies.resize(angles_ * kLanes);
  for (std::size_t b = 0; b < rows_.size(); ++b) {
    multiply(rows_[b], harmonics(), tile.harmonics, scratch.product);
    multiply(energy_rows_[b], energy_harmonics, tile.mask_harmonics, scratch.energy);
    for (std::size_t k = 0; k < std::min(kBlock, views() - b * kBlock); ++k) {
      const std::size_t at = k * 2 * kLanes;
      dft_.inverse(&scratch.product[at], &scratch.product[at + kLanes], stride, kLanes,
                   scratch.angles.data());
      if (tile.masked)
        full_dft_.inverse(&scratch.energy[at], &scratch.energy[at + kLanes], stride, kLanes,
                          scratch.energies.data());
      else
        for (std::size_t d = 0; d < kLanes; ++d)
          scratch.energies[d] = scratch.energy[at + d] / float(angles_);
      scan(tile, b * kBlock + k, scratch.angles.data(), scratch.energies.data(), tile.masked);
    }
  }
}

}  // namespace spi
