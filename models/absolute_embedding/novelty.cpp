// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/absolute_embedding/novelty.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libspi/learn/split.h"
#include "models/absolute_embedding/network.h"

namespace spi {
namespace {

constexpr std::size_t kNearest = 5, kMostReference = 2000;
constexpr double kQuantile = 0.99;

}  // namespace

Novelty::Novelty(const FeatureTable& scaled, std::uint64_t seed) {
  std::vector<std::size_t> rows(scaled.rows);
  std::iota(rows.begin(), rows.end(), 0);
  if (rows.size() > kMostReference) {
    rows = learn::shuffled(rows, seed, 0);
    rows.resize(kMostReference);
    std::ranges::sort(rows);
  }
  reference_ = {rows.size(), scaled.columns, {}};
  for (const std::size_t row : rows) {
    const auto begin = scaled.values.begin() + std::ptrdiff_t(row * scaled.columns);
    reference_.values.insert(reference_.values.end(), begin,
                             begin + std::ptrdiff_t(scaled.columns));
  }
  std::vector<float> own = raw_distance(reference_, true);
  std::ranges::sort(own);
  quantile_ = own[std::size_t(kQuantile * double(own.size() - 1))];
  if (!(quantile_ > 0)) quantile_ = 1;  // all training rows are alike
}

Novelty::Novelty(FeatureTable reference, double quantile)
    : reference_(std::move(reference)), quantile_(quantile) {}

std::vector<float> Novelty::distance(const FeatureTable& scaled) const {
  std::vector<float> distance = raw_distance(scaled, false);
  for (float& d : distance) d = float(d / quantile_);
  return distance;
}

std::vector<float> Novelty::raw_distance(const FeatureTable& scaled, bool of_reference) const {
  const torch::NoGradGuard no_grad;
  const at::Tensor from = tensor_of(scaled), to = tensor_of(reference_);
  // |a - b|² = |a|² + |b|² - 2ab, a matrix product.
  at::Tensor squares = (from.square().sum(1, true) + to.square().sum(1).unsqueeze(0))
                           .addmm_(from, to.t(), 1, -2)
                           .clamp_min_(0);
  if (of_reference) squares.fill_diagonal_(std::numeric_limits<float>::infinity());
  const auto others = std::int64_t(reference_.rows) - (of_reference ? 1 : 0);
  const auto nearest = std::min(std::int64_t(kNearest), others);
  if (nearest == 0) return std::vector<float>(scaled.rows);
  const at::Tensor mean =
      std::get<0>(squares.topk(nearest, 1, /*largest=*/false)).sqrt().mean(1).contiguous();
  const float* values = mean.data_ptr<float>();
  return {values, values + scaled.rows};
}

}  // namespace spi
