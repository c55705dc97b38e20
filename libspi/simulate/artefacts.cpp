// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/artefacts.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"

namespace spi {

FluenceModel FluenceModel::gamma(double relative_std) {
  if (!(relative_std > 0)) fail("the fluence's spread must be positive, not ", relative_std);
  FluenceModel model;
  model.shape_ = 1 / (relative_std * relative_std);
  return model;
}

FluenceModel FluenceModel::histogram(const std::vector<double>& centres,
                                     const std::vector<double>& heights) {
  const std::size_t n = centres.size();
  if (n < 2 || heights.size() != n) fail("a histogram needs two bins at least, each with a height");
  FluenceModel model;
  model.edges_.resize(n + 1);
  for (std::size_t i = 1; i < n; ++i) {
    if (!(centres[i] > centres[i - 1])) fail("a histogram's bins must ascend");
    model.edges_[i] = (centres[i - 1] + centres[i]) / 2;
  }
  model.edges_[0] = 2 * centres[0] - model.edges_[1];
  model.edges_[n] = 2 * centres[n - 1] - model.edges_[n - 1];
  if (!std::isfinite(model.edges_[0]) || !std::isfinite(model.edges_[n]))
    fail("a histogram's bin has no finite centre");
  for (double& edge : model.edges_) edge = std::max(0.0, edge);
  double total = 0, moment = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!(heights[i] >= 0) || !std::isfinite(heights[i])) fail("a histogram's height is negative");
    total += heights[i];
    moment += heights[i] * (model.edges_[i] + model.edges_[i + 1]) / 2;
    model.cumulative_.push_back(total);
  }
  if (!(moment > 0)) fail("a histogram of the fluence with nothing above 0");
  for (double& value : model.cumulative_) value /= total;
  for (double& edge : model.edges_) edge *= total / moment;
  return model;
}

double FluenceModel::draw(Random& random) const {
  if (shape_) return random.gamma(*shape_) / *shape_;
  if (cumulative_.empty()) return 1;
  const auto found = std::ranges::upper_bound(cumulative_, random.uniform());
  const std::size_t bin =
      std::min<std::size_t>(found - cumulative_.begin(), cumulative_.size() - 1);
  return edges_[bin] + (edges_[bin + 1] - edges_[bin]) * random.uniform();
}

namespace {

/// Photon after photon: each lies a unit-mean exponential step of summed rate behind the last.
SparseFrame poisson_process(std::span<const float> rate, double scale, Random& random) {
  SparseFrame frame;
  const auto step = [&] { return -std::log1p(-random.uniform()); };
  double summed = 0, next = step();
  for (std::size_t i = 0; i < rate.size(); ++i) {
    summed += scale * rate[i];
    if (next >= summed) continue;
    std::uint32_t count = 0;
    for (; next < summed; next += step()) ++count;
    frame.pixel.push_back(static_cast<std::uint32_t>(i));
    frame.count.push_back(count);
  }
  return frame;
}

void push(SparseFrame& frame, std::size_t pixel, double count) {
  if (count < 1) return;
  if (count > 2147483647.0) fail("more photons in a pixel than the file formats can count");
  frame.pixel.push_back(static_cast<std::uint32_t>(pixel));
  frame.count.push_back(static_cast<std::uint32_t>(count));
}

}  // namespace

SparseFrame count_photons(std::span<const float> rate, double scale, Random& random) {
  double sum = 0;
  for (const float value : rate) sum += value;
  if (sum * scale < static_cast<double>(rate.size())) return poisson_process(rate, scale, random);
  SparseFrame frame;
  for (std::size_t i = 0; i < rate.size(); ++i)
    push(frame, i, static_cast<double>(random.poisson(scale * rate[i])));
  return frame;
}

SparseFrame add_readout_noise(const SparseFrame& frame, std::span<const PixelUse> use, double sigma,
                              Random& random) {
  SparseFrame noisy;
  std::size_t next = 0;
  for (std::size_t i = 0; i < use.size(); ++i) {
    double value = 0;
    if (next < frame.pixel.size() && frame.pixel[next] == i) value = frame.count[next++];
    if (use[i] != PixelUse::bad) push(noisy, i, std::round(value + sigma * random.normal()));
  }
  return noisy;
}

void add_readout_noise(std::span<float> values, std::span<const PixelUse> use, double sigma,
                       Random& random) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (use[i] != PixelUse::bad)
      values[i] = std::max(0.0f, values[i] + static_cast<float>(sigma * random.normal()));
}

}  // namespace spi
