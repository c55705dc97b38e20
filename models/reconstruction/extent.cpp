// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ops/fft_fft2.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/reconstruction/pose_model.h"

namespace spi {
namespace {

/// [S/2+1] mean power by distance from frequency 0 of the frames' images, cycles a frame.
std::vector<double> mean_power(const Images& images) {
  constexpr std::size_t kFrames = 256;
  const ImageTensors tensors(images);
  std::vector<std::size_t> rows(std::min(kFrames, images.frames()));
  for (std::size_t k = 0; k < rows.size(); ++k) rows[k] = k * images.frames() / rows.size();
  const torch::NoGradGuard no_grad;
  const at::Tensor image = tensors.batch(rows).image.squeeze(1);
  const at::Tensor power = at::abs(at::fft_fft2(image)).square().mean(0).contiguous();
  const auto s = std::int64_t(images.preprocessing.size);
  std::vector<double> sum(std::size_t(s / 2 + 1)), count(sum.size());
  for (std::int64_t y = 0; y < s; ++y)
    for (std::int64_t x = 0; x < s; ++x) {
      const auto r = std::size_t(
          std::lround(std::hypot(double(std::min(x, s - x)), double(std::min(y, s - y)))));
      if (r >= sum.size()) continue;
      sum[r] += power.data_ptr<float>()[y * s + x];
      count[r] += 1;
    }
  for (std::size_t r = 0; r < sum.size(); ++r) sum[r] /= count[r];
  return sum;
}

}  // namespace

double autocorrelation_extent(const Images& images) {
  constexpr double kShare = 0.98;
  const std::vector<double> power = mean_power(images);
  const double floor = *std::ranges::min_element(power.begin() + 1, power.end());
  std::vector<double> excess(power.size());
  for (std::size_t r = 1; r < power.size(); ++r) excess[r] = double(r) * (power[r] - floor);
  const double total = std::reduce(excess.begin(), excess.end());
  double sum = 0;
  std::size_t r = 0;
  while (r + 1 < excess.size() && sum < kShare * total) sum += excess[++r];
  return std::max(1.0, 0.5 * double(r));
}

}  // namespace spi
