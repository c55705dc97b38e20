// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/autocorrelation_limit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/fft_size.h"

namespace spi {
namespace {

constexpr std::size_t kPadding = 8;  ///< voxels: the kernel's width, so that sides do not meet
constexpr double kFall = 1.3;        ///< from the radius to this many of it the filter falls to 0
constexpr double kDark = 0.05;       ///< a filter's undershoot is no less than this
constexpr double kCovered = 0.5;     ///< a shell of which less was seen is left as it is
constexpr double kSeen = 0.1;        ///< of the shell's mean exposure
constexpr double kLeast = 0.3;       ///< part of a rate that sharpening leaves at least
constexpr double kWorth = 100;       ///< photons that the word of a voxel's surroundings is worth

/// What trilinear scattering and trilinear lookup take from a smooth field, each a convolution
/// with a triangle of variance 1/6 along each axis: Δ/6 of it, Δ the sum over the six neighbours
/// less the voxel itself. NaN where a neighbour is, or lies beyond the border.
double blurred_away(const std::vector<double>& field, std::size_t v, std::size_t n) {
  double sum = -6 * field[v];
  for (const std::size_t step : {std::size_t{1}, n, n * n}) {
    const std::size_t at = v / step % n;
    if (at == 0 || at + 1 == n) return std::numeric_limits<double>::quiet_NaN();
    sum += field[v - step] + field[v + step];
  }
  return -sum / 6;
}

double filter(double k, double radius) {
  if (k <= radius) return 1;
  if (k >= kFall * radius) return 0;
  return 0.5 + 0.5 * std::cos(std::numbers::pi * (k / radius - 1) / (kFall - 1));
}

}  // namespace

AutocorrelationLimit::AutocorrelationLimit(std::size_t n)
    : n_(n), fft_(Grid<3>{fast_fft_size(n + kPadding)}), shell_(n * n * n) {
  const double centre = double(n / 2);
  for (std::size_t v = 0; v < shell_.size(); ++v) {
    const double x = double(v % n) - centre, y = double(v / n % n) - centre,
                 z = double(v / (n * n)) - centre;
    shell_[v] = std::uint16_t(std::lround(std::sqrt(x * x + y * y + z * z)));
  }
}

std::vector<double> AutocorrelationLimit::shell_exposure(const HalfSums& sums) const {
  std::vector<double> mean(2 * n_), count(2 * n_), seen(2 * n_);
  for (std::size_t v = 0; v < shell_.size(); ++v) {
    const double exposure = 0.5 * (sums.exposure[0][v] + sums.exposure[1][v]);
    mean[shell_[v]] += exposure;
    seen[shell_[v]] += exposure > 0;
    ++count[shell_[v]];
  }
  for (std::size_t s = 0; s < mean.size(); ++s)
    mean[s] = seen[s] > kCovered * count[s] ? mean[s] / count[s] : 0;
  return mean;
}

template <class Value>
void AutocorrelationLimit::transform(Value&& value, std::vector<float>& cube,
                                     std::vector<Complex>& spectrum, int threads) const {
  const std::size_t size = fft_.grid().n;
  cube.assign(fft_.grid().size(), 0.f);
  spectrum.resize(fft_.grid().spectrum_size());
  for_slabs(n_, threads, [&](std::size_t k) {
    for (std::size_t j = 0; j < n_; ++j)
      for (std::size_t i = 0; i < n_; ++i)
        cube[(k * size + j) * size + i] = value((k * n_ + j) * n_ + i);
  });
  fft_.forward(cube.data(), spectrum.data(), threads);
}

template <class Body>
void AutocorrelationLimit::for_frequencies(int threads, Body&& body) const {
  const Grid<3>& grid = fft_.grid();
  for_slabs(grid.n, threads, [&](std::size_t k) {
    const double z = double(grid.frequency(k));
    for (std::size_t j = 0; j < grid.n; ++j) {
      const double y = double(grid.frequency(j));
      for (std::size_t i = 0; i < grid.half(); ++i)
        body((k * grid.n + j) * grid.half() + i, std::sqrt(double(i * i) + y * y + z * z));
    }
  });
}

std::optional<double> AutocorrelationLimit::find(const HalfSums& sums,
                                                 std::span<const double> shell_fsc,
                                                 int threads) const {
  const std::vector<double> mean = shell_exposure(sums);
  std::array<std::vector<Complex>, 2> spectrum;
  std::vector<float> cube;
  for (std::size_t half = 0; half < 2; ++half)
    transform(
        [&](std::size_t v) {
          const std::size_t s = shell_[v];
          if (s >= shell_fsc.size() || !(mean[s] > 0)) return 0.f;
          const double more = sums.photons[half][v] - sums.exposure[half][v];
          return float(std::max(shell_fsc[s], 0.) * more / mean[s]);
        },
        cube, spectrum[half], threads);
  const std::size_t shells = fft_.grid().n / 2 + 1;
  struct Shell {
    double aa = 0, bb = 0, ab = 0;
  };
  std::vector<Shell> sum(shells);
  for_frequencies(1, [&](std::size_t at, double k) {
    const auto s = std::size_t(std::lround(k));
    if (s >= shells) return;
    const Complex a = spectrum[0][at], b = spectrum[1][at];
    sum[s].aa += std::norm(a), sum[s].bb += std::norm(b), sum[s].ab += (a * std::conj(b)).real();
  });
  // Signal is what the halves share, noise the rest. The radius holds most signal less noise; a
  // shell that happens to be dark does not end it.
  double balance = 0, most = 0;
  std::size_t end = 0;
  std::vector<double> surplus;
  for (std::size_t k = 0; k < shells; ++k) {
    surplus.push_back(2 * sum[k].ab - 0.5 * (sum[k].aa + sum[k].bb));
    balance += surplus.back();
    if (balance > most) most = balance, end = k;
  }
  if (end == 0 || end + 1 == shells) return std::nullopt;
  const double last = surplus[end];
  const double radius = double(end) + last / (last - surplus[end + 1]);
  return radius / double(fft_.grid().n);
}

void AutocorrelationLimit::apply(HalfSums& sums, double radius, int threads) const {
  const std::size_t size = fft_.grid().n;
  const std::vector<double> mean = shell_exposure(sums);
  std::vector<Complex> spectrum;
  std::vector<float> cube;
  const auto smoothed = [&](const std::vector<double>& values) {
    std::vector<double> out(values.size());
    transform(
        [&](std::size_t v) {
          const double m = mean[shell_[v]];
          return m > 0 ? float(values[v] / m) : 0.f;
        },
        cube, spectrum, threads);
    const auto scale = float(1 / double(fft_.grid().size()));
    for_frequencies(threads, [&](std::size_t at, double k) {
      spectrum[at] *= scale * float(filter(k, radius * double(size)));
    });
    fft_.backward(spectrum.data(), cube.data(), threads);
    for_slabs(n_, threads, [&](std::size_t k) {
      for (std::size_t j = 0; j < n_; ++j)
        for (std::size_t i = 0; i < n_; ++i) {
          const std::size_t v = (k * n_ + j) * n_ + i;
          out[v] = mean[shell_[v]] * double(cube[(k * size + j) * size + i]);
        }
    });
    return out;
  };
  for (std::size_t half = 0; half < 2; ++half) {
    const std::vector<double> photons = smoothed(sums.photons[half]);
    const std::vector<double> exposure = smoothed(sums.exposure[half]);
    std::vector<double> around(shell_.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t v = 0; v < shell_.size(); ++v)
      if (mean[shell_[v]] > 0 && exposure[v] > kSeen * mean[shell_[v]])
        around[v] = std::max(photons[v] / exposure[v], kDark);
    for (std::size_t v = 0; v < shell_.size(); ++v) {
      if (!(mean[shell_[v]] > 0)) continue;
      double& own = sums.photons[half][v];
      double& seen = sums.exposure[half][v];
      const bool is_seen = !std::isnan(around[v]);
      double rate = is_seen ? (own + kWorth * around[v]) / (std::max(seen, 0.) + kWorth) : 0;
      if (const double lost = is_seen ? blurred_away(around, v, n_) : 0; !std::isnan(lost))
        rate = std::max(rate + lost, kLeast * rate);
      own = is_seen ? exposure[v] * rate : 0;
      seen = is_seen ? exposure[v] : 0;
    }
  }
}

}  // namespace spi
