// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/centre.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/polar/fft2d.h"

namespace spi {
namespace {

/// The self-convolution product of two spectra, back in space.
const std::vector<float>& convolve(RealFft2d& fft, const RealFft2d::Spectrum& f,
                                   const RealFft2d::Spectrum& g) {
  RealFft2d::Spectrum product(f.size());
  for (std::size_t k = 0; k < f.size(); ++k) product[k] = f[k] * g[k];
  return fft.backward(product);
}

/// Offset of the vertex of the parabola through (-1, a), (0, b), (1, c); 0 where b is no peak.
double parabola_peak(double a, double b, double c) {
  const double curvature = a - 2 * b + c;
  return curvature < 0 ? std::clamp(0.5 * (a - c) / curvature, -0.5, 0.5) : 0;
}

}  // namespace

CentreFinder::CentreFinder(std::size_t rows, std::size_t columns)
    : rows_(rows),
      columns_(columns),
      padded_rows_(2 * rows),
      padded_columns_(2 * columns),
      covariance_(padded_rows_ * padded_columns_),
      variance_(covariance_.size()),
      overlap_(covariance_.size()) {
  if (rows < 3 || columns < 3)
    fail("patterns of ", columns, " x ", rows,
         " pixels are too small to search for their centre: give it with --center x,y");
}

void CentreFinder::add(const float* intensity, const float* weight) {
  const std::size_t count = rows_ * columns_;
  std::vector<float> w(count), v(count), q(count);
  double mean = 0, measured = 0;
  for (std::size_t k = 0; k < count; ++k) {
    w[k] = weight[k] > 0;
    v[k] = w[k] > 0 ? std::sqrt(intensity[k]) : 0;
    mean += v[k], measured += w[k];
  }
  if (measured == 0) return;
  mean /= measured;  // taken off first: the sums below then lose no digits
  for (std::size_t k = 0; k < count; ++k) {
    if (w[k] > 0) v[k] -= float(mean);
    q[k] = v[k] * v[k];
  }
  RealFft2d fft(padded_rows_, padded_columns_);
  const auto fw = fft.forward(w, rows_, columns_), fv = fft.forward(v, rows_, columns_),
             fq = fft.forward(q, rows_, columns_);
  const std::vector<float> ww = convolve(fft, fw, fw), vw = convolve(fft, fv, fw),
                           vv = convolve(fft, fv, fv), qw = convolve(fft, fq, fw);
  const double total = qw.empty() ? 0 : *std::max_element(qw.begin(), qw.end());
  if (total <= 0) return;
  for (std::size_t k = 0; k < covariance_.size(); ++k) {
    if (ww[k] < 0.5f) continue;
    // Each pattern counts by its own variance: a bright one does not outvote the rest.
    covariance_[k] += (vv[k] - double(vw[k]) * vw[k] / ww[k]) / total;
    variance_[k] += (qw[k] - double(vw[k]) * vw[k] / ww[k]) / total;
    overlap_[k] += ww[k] / measured;
  }
}

FriedelCentre CentreFinder::find() const {
  // What varies less than that is rounding of the transforms, beside what varies elsewhere.
  constexpr double kLeastVariance = 1e-3;
  const double most = *std::max_element(overlap_.begin(), overlap_.end());
  const double least = kLeastVariance * *std::max_element(variance_.begin(), variance_.end());
  const auto score = [&](std::size_t y, std::size_t x) {
    const std::size_t k = y * padded_columns_ + x;
    const bool tells = variance_[k] > least && overlap_[k] >= 0.5 * most;
    return tells ? std::min(1., covariance_[k] / variance_[k]) : -1;
  };
  // Candidate sums s = 2c, from a quarter of the image to three quarters.
  std::size_t best_y = 0, best_x = 0;
  double best = -1;
  for (std::size_t y = rows_ / 2; y <= rows_ * 3 / 2; ++y)
    for (std::size_t x = columns_ / 2; x <= columns_ * 3 / 2; ++x)
      if (score(y, x) > best) best = score(y, x), best_y = y, best_x = x;
  if (best <= 0)
    fail("no centre of Friedel symmetry found in the patterns; give it with --center x,y");
  const double dy = parabola_peak(score(best_y - 1, best_x), best, score(best_y + 1, best_x));
  const double dx = parabola_peak(score(best_y, best_x - 1), best, score(best_y, best_x + 1));
  return {{0.5 * (double(best_x) + dx), 0.5 * (double(best_y) + dy)}, best};
}

}  // namespace spi
