// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/likelihood_engine.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/polar/angular_series.h"
#include "libspi/polar/fast_exp.h"

namespace spi {
namespace {

constexpr std::size_t kLanes = FrameTile::kLanes;
using Lane = std::array<float, kLanes>;

/// Stands for ln 0 where a difference of two must not be NaN.
constexpr float kNever = -1e30f;

/// Classes whose angles are worked on together: [block][T][64] floats fill at most 3/8 of a
/// megabyte of level-2 cache beside their harmonics.
std::size_t classes_per_block(std::size_t angles) {
  constexpr std::size_t kBytes = 384 * 1024;
  return std::max<std::size_t>(1, kBytes / (angles * kLanes * sizeof(float)));
}

std::vector<std::size_t> first_rings(const std::vector<std::size_t>& limit) {
  std::vector<std::size_t> first;
  for (std::size_t m = 0; m <= limit.back(); ++m)
    first.push_back(std::size_t(std::ranges::lower_bound(limit, m) - limit.begin()));
  return first;
}

}  // namespace

/// The running sums over (k, s), by lane; a block's terms are relative to the block's own peak.
struct LikelihoodEngine::Softmax {
  struct Block {
    Lane peak, sum{}, penalty{}, log{};  ///< Σ p, Σ p·penalty, Σ p ln p with p = e^{v - peak}
  };
  std::vector<Block> blocks;
};

LikelihoodEngine::LikelihoodEngine(std::size_t rings, std::size_t angles, std::vector<double> area,
                                   std::vector<std::size_t> limit, FluenceUse fluence)
    : rings_(rings),
      angles_(angles),
      block_(classes_per_block(angles)),
      area_(std::move(area)),
      limit_(std::move(limit)),
      first_ring_(first_rings(limit_)),
      fluence_(fluence),
      flat_expected_(std::reduce(area_.begin(), area_.end())),
      dft_(angles, limit_.back()) {
  SPI_ASSERT(area_.size() == rings * angles && limit_.size() == rings && rings > 0);
  SPI_ASSERT(std::ranges::is_sorted(limit_));
  const AngularSeries series(angles_);
  for (std::size_t i = 0; i < rings_; ++i) {
    std::vector<double> re(angles_ / 2 + 1), im(angles_ / 2 + 1);
    series.analyse(&area_[i * angles_], angles_ / 2, re.data(), im.data());
    for (double& x : im) x = -x;
    area_re_.push_back(std::move(re));
    area_im_.push_back(std::move(im));
  }
  for (std::size_t j = 0; j < angles_; ++j)
    for (const bool sine : {false, true})
      for (std::size_t m = 0; m <= angles_ / 2; ++m) {
        const double phase = 2 * std::numbers::pi * double(m * j % angles_) / double(angles_);
        analysis_.push_back(sine ? -std::sin(phase) : std::cos(phase));
      }
  openblas_set_num_threads(1);
}

std::size_t LikelihoodEngine::tile_bytes(std::size_t classes) const {
  return sizeof(FrameTile) +
         (harmonics() + 1) * (2 * rings_ + 1 + 2 * classes) * kLanes * sizeof(float);
}

void LikelihoodEngine::set_model(const RateModel& model, int threads) {
  SPI_ASSERT(model.rings == rings_ && model.angles == angles_ && model.classes > 0);
  SPI_ASSERT(model.rate.size() == model.classes * rings_ * angles_);
  classes_ = model.classes;
  rotates_ = model.rotates;
  rows_.resize(harmonics() + 1);
  for (std::size_t m = 0; m <= harmonics(); ++m)
    rows_[m].resize(2 * classes_ * 2 * (rings_ - first_ring_[m]));
  expected_.resize(classes_ * angles_);
  penalty_.resize(classes_ * angles_);
  parallel_for(classes_, threads, [&](std::size_t k, int) { prepare_class(model, k); });
}

void LikelihoodEngine::prepare_class(const RateModel& model, std::size_t k) {
  const AngularSeries series(angles_);
  const std::size_t half = angles_ / 2, both = 2 * (half + 1);
  std::vector<double> values(rings_ * angles_), harmonics(rings_ * both), z_re(half + 1),
      z_im(half + 1);
  // [R][T] · [T][cos, then -sin of all m]
  const auto analyse = [&] {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, int(rings_), int(both), int(angles_), 1.,
                values.data(), int(angles_), analysis_.data(), int(both), 0., harmonics.data(),
                int(both));
  };
  const float* const rate = model.of(k);
  for (std::size_t b = 0; b < values.size(); ++b) values[b] = std::log(double(rate[b]));
  analyse();
  for (std::size_t i = 0; i < rings_; ++i) {
    const double *re = &harmonics[i * both], *im = re + half + 1;
    for (std::size_t m = 0; m <= limit_[i]; ++m) {
      const std::size_t width = 2 * (rings_ - first_ring_[m]);
      float* row = &rows_[m][k * width + 2 * (i - first_ring_[m])];
      row[0] = float(re[m]), row[1] = float(im[m]);
      row += classes_ * width;
      row[0] = float(im[m]), row[1] = float(-re[m]);
    }
  }
  std::copy_n(rate, values.size(), values.begin());
  analyse();
  for (std::size_t i = 0; i < rings_; ++i) {
    const double *re = &harmonics[i * both], *im = re + half + 1;
    for (std::size_t m = 0; m <= half; ++m) {
      z_re[m] += area_re_[i][m] * re[m] - area_im_[i][m] * im[m];
      z_im[m] += area_re_[i][m] * im[m] + area_im_[i][m] * re[m];
    }
  }
  double* expected = &expected_[k * angles_];
  series.synthesise(z_re.data(), z_im.data(), half, expected);
  for (std::size_t s = 0; s < angles_; ++s)
    penalty_[k * angles_ + s] =
        float(fluence_ == FluenceUse::known ? expected[s] - flat_expected_
                                            : std::log(expected[s] / flat_expected_));
}

void LikelihoodEngine::load(const BinnedFrames& frames, std::span<const std::size_t> at,
                            FrameTile& tile, Scratch& scratch) const {
  SPI_ASSERT(at.size() <= kLanes);
  tile.count = at.size();
  tile.photons = {};
  tile.harmonics.resize((harmonics() + 1) * (2 * rings_ + 1) * kLanes);
  std::vector<float>& counts = scratch.angles;
  counts.assign(rings_ * angles_ * kLanes, 0.f);
  for (std::size_t d = 0; d < at.size(); ++d) {
    tile.photons[d] = frames.photons[at[d]];
    for (std::uint64_t e = frames.start[at[d]]; e < frames.start[at[d] + 1]; ++e) {
      const std::uint32_t entry = frames.entry[e];
      counts[BinnedFrames::bin_of(entry) * kLanes + d] += float(BinnedFrames::count_of(entry));
    }
  }
  const std::size_t stride = (2 * rings_ + 1) * kLanes;
  for (std::size_t i = 0; i < rings_; ++i) {
    float* out = tile.harmonics.data() + 2 * i * kLanes;
    dft_.forward(&counts[i * angles_ * kLanes], kLanes, out, out + kLanes, stride, limit_[i]);
  }
}

void LikelihoodEngine::correlate(FrameTile& tile) const {
  tile.posterior.resize((harmonics() + 1) * 2 * classes_ * kLanes);
  for (std::size_t m = 0; m <= harmonics(); ++m) {
    const int width = int(2 * (rings_ - first_ring_[m]));
    const float* frames = &tile.harmonics[(m * (2 * rings_ + 1) + 2 * first_ring_[m]) * kLanes];
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, int(2 * classes_), int(kLanes), width,
                1.f, rows_[m].data(), width, frames, int(kLanes), 0.f,
                &tile.posterior[m * 2 * classes_ * kLanes], int(kLanes));
  }
}

std::vector<float> LikelihoodEngine::gains(FrameTile& tile) const {
  correlate(tile);
  std::vector<float> values(angles_ * classes_ * kLanes);
  const std::size_t lanes = classes_ * kLanes;
  dft_.inverse(tile.posterior.data(), tile.posterior.data() + lanes, 2 * lanes, lanes,
               values.data());
  for (std::size_t s = 0; s < angles_; ++s)
    for (std::size_t k = 0; k < classes_; ++k)
      for (std::size_t d = 0; d < kLanes; ++d)
        values[(s * classes_ + k) * kLanes + d] -= penalised(tile)[d] * penalty_[k * angles_ + s];
  return values;
}

void LikelihoodEngine::take_block(FrameTile& tile, std::size_t first, std::size_t count,
                                  Scratch& scratch, Softmax& softmax) const {
  const std::size_t stride = 2 * classes_ * kLanes, size = angles_ * kLanes;
  float* re = &tile.posterior[first * kLanes];
  float* im = re + classes_ * kLanes;
  float* x = scratch.angles.data();
  for (std::size_t k = 0; k < count; ++k)
    dft_.inverse(re + k * kLanes, im + k * kLanes, stride, kLanes, x + k * size);

  const Lane& weight = penalised(tile);
  Softmax::Block& block = softmax.blocks.emplace_back();
  block.peak.fill(kNever);
  for (std::size_t k = 0; k < count; ++k) {
    const float* z = &penalty_[(first + k) * angles_];
    const float still = std::log(float(angles_));  // prior 1/K at one angle, not 1/(K·T)
    const bool rotates = rotates_[first + k];
    Lane best;
    std::array<std::uint32_t, kLanes> at{};
    best.fill(kNever);
    for (std::size_t s = 0; s < angles_; ++s) {
      float* __restrict v = x + k * size + s * kLanes;
      for (std::size_t d = 0; d < kLanes; ++d) {
        float value = tile.beta[d] * (v[d] - weight[d] * z[s]);
        if (!rotates) value = s == 0 ? value + still : kNever;
        v[d] = value;
        at[d] = value > best[d] ? std::uint32_t(s) : at[d];
        best[d] = value > best[d] ? value : best[d];
      }
    }
    std::ranges::copy(at, &scratch.at[(first + k) * kLanes]);
    std::ranges::copy(best, &scratch.best[(first + k) * kLanes]);
    for (std::size_t d = 0; d < kLanes; ++d) block.peak[d] = std::max(block.peak[d], best[d]);
  }
  for (std::size_t k = 0; k < count; ++k) {
    const float* z = &penalty_[(first + k) * angles_];
    Lane sum{}, penalty{}, log{};
    for (std::size_t s = 0; s < angles_; ++s) {
      float* __restrict v = x + k * size + s * kLanes;
      for (std::size_t d = 0; d < kLanes; ++d) {
        const float below = v[d] - block.peak[d], p = exp_nonpositive(below);
        v[d] = p;
        sum[d] += p;
        penalty[d] += p * z[s];
        log[d] += p * below;
      }
    }
    std::ranges::copy(sum, &scratch.sums[(first + k) * kLanes]);
    for (std::size_t d = 0; d < kLanes; ++d) {
      block.sum[d] += sum[d];
      block.penalty[d] += penalty[d];
      block.log[d] += log[d];
    }
  }
  for (std::size_t k = 0; k < count; ++k)
    dft_.forward(x + k * size, kLanes, re + k * kLanes, im + k * kLanes, stride, harmonics());
}

void LikelihoodEngine::conclude(FrameTile& tile, const Scratch& scratch,
                                const Softmax& softmax) const {
  const std::size_t blocks = softmax.blocks.size();
  std::vector<Lane> scale(blocks);
  const double log_angles = std::log(double(angles_));
  const double log_prior = -std::log(double(classes_)) - log_angles;
  const Lane& weight = penalised(tile);
  for (std::size_t d = 0; d < kLanes; ++d) {
    FramePosterior& frame = tile.result[d] = {};
    if (d >= tile.count) {
      for (Lane& lane : scale) lane[d] = 0;
      continue;
    }
    float peak = kNever;
    for (const auto& block : softmax.blocks) peak = std::max(peak, block.peak[d]);
    double sum = 0, penalty = 0, log = 0;
    for (const auto& block : softmax.blocks) {
      const double share = std::exp(double(block.peak[d]) - peak);
      sum += share * block.sum[d];
      penalty += share * block.penalty[d];
      log += share * (block.log[d] + block.sum[d] * (double(block.peak[d]) - peak));
    }
    for (std::size_t b = 0; b < blocks; ++b)
      scale[b][d] = float(std::exp(double(softmax.blocks[b].peak[d]) - peak) / sum);
    float best = -1, still = 0;
    for (std::size_t k = 0; k < classes_; ++k) {
      const float p = scratch.sums[k * kLanes + d] * scale[k / block_][d];
      if (!rotates_[k]) still += p;
      if (p <= best) continue;
      best = p;
      frame.best_class = std::uint32_t(k), frame.best_shift = scratch.at[k * kLanes + d];
    }
    frame.probability = best;
    const double bonus = rotates_[frame.best_class] ? 0 : log_angles;
    frame.gain = float((scratch.best[frame.best_class * kLanes + d] - bonus) / tile.beta[d]);
    frame.information = float(log / sum - std::log(sum) - log_prior - still * log_angles);
    frame.fluence = fluence_ == FluenceUse::known
                        ? tile.fluence[d]
                        : float(tile.photons[d] / (flat_expected_ * std::exp(penalty / sum)));
    frame.log_evidence = (peak + std::log(sum) + log_prior) / tile.beta[d];
  }
  for (std::size_t m = 0; m <= harmonics(); ++m) {
    std::ranges::copy(weight, &tile.harmonics[(m * (2 * rings_ + 1) + 2 * rings_) * kLanes]);
    for (std::size_t row = 0; row < 2 * classes_; ++row) {
      const Lane& factor = scale[row % classes_ / block_];
      float* __restrict p = &tile.posterior[(m * 2 * classes_ + row) * kLanes];
      for (std::size_t d = 0; d < kLanes; ++d) p[d] *= factor[d];
    }
  }
}

void LikelihoodEngine::expect(FrameTile& tile, Scratch& scratch) const {
  SPI_ASSERT(classes_ > 0);
  for (std::size_t d = tile.count; d < kLanes; ++d) tile.beta[d] = tile.fluence[d] = 0;
  scratch.angles.resize(std::max(scratch.angles.size(), angles_ * block_ * kLanes));
  scratch.sums.resize(classes_ * kLanes);
  scratch.at.resize(classes_ * kLanes);
  scratch.best.resize(classes_ * kLanes);
  correlate(tile);
  Softmax softmax;
  for (std::size_t first = 0; first < classes_; first += block_)
    take_block(tile, first, std::min(block_, classes_ - first), scratch, softmax);
  conclude(tile, scratch, softmax);
}

void LikelihoodEngine::rank_classes(std::size_t most, const Scratch& scratch,
                                    FrameTile& tile) const {
  SPI_ASSERT(most <= classes_ && scratch.best.size() == classes_ * kLanes);
  tile.best.resize(most * kLanes);
  std::vector<std::uint32_t> order(classes_);
  for (std::size_t d = 0; d < tile.count; ++d) {
    std::iota(order.begin(), order.end(), 0u);
    const auto value = [&](std::size_t k) { return scratch.best[k * kLanes + d]; };
    std::ranges::partial_sort(order, order.begin() + std::ptrdiff_t(most),
                              [&](std::size_t a, std::size_t b) {
                                return value(a) != value(b) ? value(a) > value(b) : a < b;
                              });
    for (std::size_t n = 0; n < most; ++n)
      tile.best[n * kLanes + d] = {order[n], scratch.at[order[n] * kLanes + d]};
  }
}

}  // namespace spi
