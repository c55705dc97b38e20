// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/band_limit.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/fft_size.h"
#include "libspi/base/ranks.h"

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

float median_measured(const std::vector<float>& values, const float* weight) {
  std::vector<float> measured;
  for (std::size_t k = 0; k < values.size(); ++k)
    if (weight[k] > 0 && values[k] > 0) measured.push_back(values[k]);
  if (measured.empty()) return 1;
  const auto middle = measured.begin() + std::ptrdiff_t(measured.size() / 2);
  std::nth_element(measured.begin(), middle, measured.end());
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

std::vector<double> RadialProfile::means() const {
  std::vector<double> mean(sum_.size());
  for (std::size_t b = 0; b < mean.size(); ++b) mean[b] = weight_[b] > 0 ? sum_[b] / weight_[b] : 0;
  return mean;
}

std::vector<float> RadialProfile::spread(const std::vector<double>& by_bin) const {
  std::vector<float> out;
  out.reserve(radius_.size());
  for (const double radius : radius_) {
    const auto bin = std::size_t(radius);
    const double fraction = radius - double(bin);
    out.push_back(float((1 - fraction) * by_bin[bin] + fraction * by_bin[bin + 1]));
  }
  return out;
}

std::vector<float> RadialProfile::image() const { return spread(means()); }

std::vector<float> RadialProfile::envelope() const {
  const std::vector<double> mean = means();
  const double width = std::max(2.0, double(mean.size()) / 10);
  std::vector<double> smooth(mean.size());
  for (std::size_t b = 0; b < mean.size(); ++b) {
    double sum = 0, total = 0;
    for (std::size_t c = 0; c < mean.size(); ++c) {
      if (!(mean[c] > 0)) continue;
      // The profile goes on as its mirror image beyond the centre, so that it has no cusp there.
      const double kernel = std::exp(-0.5 * std::pow((double(c) - double(b)) / width, 2)) +
                            std::exp(-0.5 * std::pow((double(c) + double(b)) / width, 2));
      sum += kernel * std::log(mean[c]), total += kernel;
    }
    smooth[b] = total > 0 ? std::exp(sum / total) : 0;
  }
  return spread(smooth);
}

BandEstimator::BandEstimator(std::size_t rows, std::size_t columns)
    : rows_(rows),
      columns_(columns),
      fft_(fast_fft_size(rows), fast_fft_size(columns)),
      power_(std::max<std::size_t>(8, std::min(rows, columns) / 2)),
      count_(power_.size()) {}

void BandEstimator::update_fade(const float* weight) {
  const std::size_t count = rows_ * columns_;
  if (!last_weight_.empty() && std::equal(weight, weight + count, last_weight_.begin())) return;
  last_weight_.assign(weight, weight + count);
  // Twice the blurred mask less one, so that it is 0 at an edge and smooth there.
  const double sigma = std::clamp(double(std::min(rows_, columns_)) / 25, 2.0, 8.0);
  const int reach = int(std::ceil(3 * sigma));
  std::vector<float> kernel, mask(count), across(count);
  float norm = 0;
  for (int k = -reach; k <= reach; ++k)
    norm += kernel.emplace_back(float(std::exp(-0.5 * k * k / (sigma * sigma))));
  for (std::size_t k = 0; k < count; ++k) mask[k] = weight[k] > 0;
  const auto blur = [&](const std::vector<float>& in, std::vector<float>& out, bool along_x) {
    const long rows = long(rows_), columns = long(columns_);
    for (long y = 0; y < rows; ++y)
      for (long x = 0; x < columns; ++x) {
        float sum = 0;
        for (int k = -reach; k <= reach; ++k) {
          const long yy = along_x ? y : y + k, xx = along_x ? x + k : x;
          if (yy >= 0 && xx >= 0 && yy < rows && xx < columns)
            sum += kernel[std::size_t(k + reach)] * in[std::size_t(yy * columns + xx)];
        }
        out[std::size_t(y * columns + x)] = sum / norm;
      }
  };
  blur(mask, across, true);
  fade_.resize(count);
  blur(across, fade_, false);
  for (float& f : fade_) f = std::max(0.f, 2 * f - 1);
}

void BandEstimator::add(const float* intensity, const float* weight,
                        const std::vector<float>& profile, const std::vector<float>& envelope) {
  double sum = 0, expected = 0;
  for (std::size_t k = 0; k < profile.size(); ++k)
    if (weight[k] > 0) sum += intensity[k], expected += profile[k];
  if (!(sum > 0 && expected > 0)) return;
  update_fade(weight);
  const double gain = sum / expected, bright = median_measured(envelope, weight);
  std::vector<float> residual(profile.size());
  for (std::size_t k = 0; k < profile.size(); ++k)
    if (weight[k] > 0 && envelope[k] > 0) {
      const double dimming = 1 + envelope[k] / bright;
      residual[k] =
          float((intensity[k] - gain * profile[k]) / std::sqrt(gain * envelope[k] * dimming)) *
          fade_[k];
      fade_energy_ += double(fade_[k]) * fade_[k] / dimming;
    }
  patterns_ += 1;
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

double BandEstimator::plateau() const {
  const std::vector<double> mean = spectrum();
  return median({mean.begin() + std::ptrdiff_t(mean.size() * 7 / 10), mean.end()});
}

double BandEstimator::photon() const {
  return fade_energy_ > 0 ? plateau() * patterns_ / fade_energy_ : 0;
}

std::optional<double> BandEstimator::limit() const {
  constexpr double kAbovePlateau = 0.1, kOfPeak = 1e-4, kSigmas = 5;
  const std::vector<double> mean = spectrum();
  const std::size_t bins = mean.size();
  const double floor = plateau();
  const double peak = *std::max_element(mean.begin(), mean.end());
  // Power is exponentially distributed, and half of the entries repeat the other half.
  const auto above = [&](std::size_t b) {
    if (b >= bins || count_[b] == 0) return false;
    const double scatter = floor * std::sqrt(2 / count_[b]);
    return mean[b] - floor > std::max({kAbovePlateau * floor, kOfPeak * peak, kSigmas * scatter});
  };
  // The band is the run that holds the peak; one bin may dip.
  const auto top = std::size_t(std::max_element(mean.begin(), mean.end()) - mean.begin());
  std::size_t end = top;
  while (above(end) || above(end + 1)) ++end;
  if (end == top || end > bins * 7 / 10) return std::nullopt;
  return double(end) / double(2 * bins);
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
    transfer_[k] = float(over <= 0   ? 1
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

void BandLimiter::update_norm(const float* weight) {
  const std::size_t count = rows_ * columns_;
  if (!last_weight_.empty() && std::equal(weight, weight + count, last_weight_.begin())) return;
  last_weight_.assign(weight, weight + count);
  last_norm_ = filtered(last_weight_);
  std::vector<float> measured(count);
  double sum = 0, number = 0;
  for (std::size_t k = 0; k < count; ++k)
    if (weight[k] > 0) measured[k] = 1, sum += weight[k], number += 1;
  certainty_ = filtered(measured);
  typical_weight_ = number > 0 ? float(sum / number) : 0;
}

void BandLimiter::apply(float* intensity, float* weight) {
  constexpr float kFilled = 0.5f;      // certainty from which a hole counts as measured
  constexpr float kLeastNorm = 0.05f;  // of the typical weight: nothing to divide by below
  update_norm(weight);
  const std::size_t count = rows_ * columns_;
  std::vector<float> weighted(count);
  for (std::size_t k = 0; k < count; ++k)
    weighted[k] = weight[k] > 0 ? weight[k] * intensity[k] : 0;
  weighted = filtered(weighted);
  for (std::size_t k = 0; k < count; ++k) {
    if (!(weight[k] > 0) && certainty_[k] >= kFilled) weight[k] = typical_weight_;
    intensity[k] =
        std::max(0.f, weighted[k] / std::max(last_norm_[k], kLeastNorm * typical_weight_));
  }
}

}  // namespace spi
