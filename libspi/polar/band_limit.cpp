// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/band_limit.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// Calls visit(index, frequency, multiplicity) for each entry of the half spectrum [H][W/2+1];
/// frequency in cycles per pixel, multiplicity 2 for entries that stand for their mirror too.
template <class Visit>
void for_each_frequency(const RealFft2d& fft, Visit visit) {
  const std::size_t h = fft.height(), w = fft.width(), half = w / 2 + 1;
  for (std::size_t y = 0; y < h; ++y)
    for (std::size_t x = 0; x < half; ++x) {
      const double fy = double(y <= h / 2 ? y : h - y) / double(h), fx = double(x) / double(w);
      visit(y * half + x, std::hypot(fx, fy), x == 0 || 2 * x == w ? 1 : 2);
    }
}

double median(std::vector<double> values) {
  SPI_ASSERT(!values.empty());
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

RadialProfile::RadialProfile(std::size_t rows, std::size_t columns, std::array<double, 2> centre) {
  double largest = 0;
  for (std::size_t y = 0; y < rows; ++y)
    for (std::size_t x = 0; x < columns; ++x) {
      radius_.push_back(std::hypot(double(x) - centre[0], double(y) - centre[1]));
      largest = std::max(largest, radius_.back());
    }
  sum_.assign(std::size_t(largest) + 2, 0);
  weight_ = sum_;
}

void RadialProfile::add(const float* intensity, const float* weight) {
  for (std::size_t k = 0; k < radius_.size(); ++k) {
    if (!(weight[k] > 0)) continue;
    const auto bin = std::size_t(radius_[k] + 0.5);
    sum_[bin] += double(weight[k]) * intensity[k];
    weight_[bin] += weight[k];
  }
}

std::vector<float> RadialProfile::image() const {
  const auto mean = [&](std::size_t bin) { return weight_[bin] > 0 ? sum_[bin] / weight_[bin] : 0; };
  std::vector<float> out;
  out.reserve(radius_.size());
  for (const double radius : radius_) {
    const auto bin = std::size_t(radius);
    const double fraction = radius - double(bin);
    out.push_back(float((1 - fraction) * mean(bin) + fraction * mean(bin + 1)));
  }
  return out;
}

BandEstimator::BandEstimator(std::size_t rows, std::size_t columns)
    : rows_(rows),
      columns_(columns),
      fft_(fast_fft_size(rows), fast_fft_size(columns)),
      power_(std::max<std::size_t>(8, std::min(rows, columns) / 2)),
      count_(power_.size()) {}

void BandEstimator::add(const float* intensity, const float* weight,
                        const std::vector<float>& profile) {
  double sum = 0, expected = 0;
  for (std::size_t k = 0; k < profile.size(); ++k)
    if (weight[k] > 0) sum += intensity[k], expected += profile[k];
  if (!(sum > 0 && expected > 0)) return;
  const double gain = sum / expected;
  std::vector<float> residual(profile.size());
  for (std::size_t k = 0; k < profile.size(); ++k)
    if (const double p = gain * profile[k]; weight[k] > 0 && p > 0)
      residual[k] = float((intensity[k] - p) / std::sqrt(p));
  const auto& spectrum = fft_.forward(residual, rows_, columns_);
  for_each_frequency(fft_, [&](std::size_t k, double frequency, int multiplicity) {
    const auto bin = std::size_t(2 * frequency * double(power_.size()));
    if (bin >= power_.size()) return;
    power_[bin] += multiplicity * std::norm(spectrum[k]);
    count_[bin] += multiplicity;
  });
}

std::vector<double> BandEstimator::spectrum() const {
  std::vector<double> mean(power_.size());
  for (std::size_t b = 0; b < mean.size(); ++b) mean[b] = count_[b] > 0 ? power_[b] / count_[b] : 0;
  return mean;
}

std::optional<double> BandEstimator::limit() const {
  constexpr double kSignalToNoise = 0.1;  // power above the plateau, in units of the plateau
  const std::vector<double> mean = spectrum();
  const std::size_t bins = mean.size();
  const double plateau = median({mean.begin() + std::ptrdiff_t(bins * 7 / 10), mean.end()});
  if (!(plateau > 0)) return std::nullopt;
  std::size_t last = bins;
  while (last > 0 && mean[last - 1] <= (1 + kSignalToNoise) * plateau) --last;
  if (last == 0 || last > bins * 7 / 10) return std::nullopt;
  return double(last) / double(2 * bins);
}

BandLimiter::BandLimiter(std::size_t rows, std::size_t columns, double limit)
    : rows_(rows),
      columns_(columns),
      // Room for the kernel's main lobe, so that opposite borders do not meet.
      fft_(fast_fft_size(rows + std::size_t(std::ceil(2 / limit))),
           fast_fft_size(columns + std::size_t(std::ceil(2 / limit)))),
      transfer_(fft_.height() * (fft_.width() / 2 + 1)) {
  SPI_ASSERT(limit > 0);
  constexpr double kTaper = 0.3;
  for_each_frequency(fft_, [&](std::size_t k, double frequency, int) {
    const double over = (frequency / limit - 1) / kTaper;
    transfer_[k] = float(over <= 0 ? 1
                         : over >= 1 ? 0
                                     : 0.5 + 0.5 * std::cos(std::numbers::pi * over));
  });
}

double BandLimiter::noise_reduction() const {
  double sum = 0;
  for_each_frequency(fft_, [&](std::size_t k, double, int multiplicity) {
    sum += multiplicity * double(transfer_[k]) * transfer_[k];
  });
  return double(fft_.height() * fft_.width()) / sum;
}

std::vector<float> BandLimiter::filtered(const std::vector<float>& image) {
  RealFft2d::Spectrum spectrum = fft_.forward(image, rows_, columns_);
  for (std::size_t k = 0; k < spectrum.size(); ++k) spectrum[k] *= transfer_[k];
  const std::vector<float>& plane = fft_.backward(spectrum);
  std::vector<float> out(rows_ * columns_);
  for (std::size_t y = 0; y < rows_; ++y)
    std::copy_n(&plane[y * fft_.width()], columns_, &out[y * columns_]);
  return out;
}

void BandLimiter::apply(float* intensity, const float* weight) {
  const std::size_t count = rows_ * columns_;
  if (last_weight_.empty() || !std::equal(weight, weight + count, last_weight_.begin())) {
    last_weight_.assign(weight, weight + count);
    last_norm_ = filtered(last_weight_);
  }
  constexpr float kLeastNorm = 0.2f;  // below, too little is measured around to divide by
  float typical = 0;
  for (std::size_t k = 0; k < count; ++k) typical = std::max(typical, weight[k]);
  std::vector<float> weighted(count);
  for (std::size_t k = 0; k < count; ++k) weighted[k] = weight[k] > 0 ? weight[k] * intensity[k] : 0;
  weighted = filtered(weighted);
  for (std::size_t k = 0; k < count; ++k)
    intensity[k] = std::max(0.f, weighted[k] / std::max(last_norm_[k], kLeastNorm * typical));
}

}  // namespace spi
