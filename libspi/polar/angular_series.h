// SPDX-License-Identifier: GPL-3.0-or-later
// Fourier series over the angle in double, by direct sums: for models, of which there are few.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace spi {

/// x̂(m) = Σ_j x(j) e^{-2πi mj/T} and back, as AngularDft but in double and one signal at a time.
class AngularSeries {
 public:
  explicit AngularSeries(std::size_t angles) : t_(angles) {
    for (std::size_t j = 0; j < t_; ++j) {
      const double phase = 2 * std::numbers::pi * double(j) / double(t_);
      cos_.push_back(std::cos(phase));
      sin_.push_back(std::sin(phase));
    }
  }

  /// x[T] -> re, im[last + 1]
  void analyse(const double* x, std::size_t last, double* re, double* im) const {
    for (std::size_t m = 0; m <= last; ++m) {
      double sum_re = 0, sum_im = 0;
      for (std::size_t j = 0, phase = 0; j < t_; ++j) {
        sum_re += x[j] * cos_[phase];
        sum_im -= x[j] * sin_[phase];
        phase += m;
        if (phase >= t_) phase -= t_;
      }
      re[m] = sum_re, im[m] = sum_im;
    }
  }

  /// re, im[last + 1] -> x[T], last <= T/2
  void synthesise(const double* re, const double* im, std::size_t last, double* x) const {
    for (std::size_t j = 0; j < t_; ++j) x[j] = re[0] / double(t_);
    for (std::size_t m = 1; m <= last; ++m) {
      const double weight = (2 * m == t_ ? 1. : 2.) / double(t_);
      for (std::size_t j = 0, phase = 0; j < t_; ++j) {
        x[j] += weight * (re[m] * cos_[phase] - im[m] * sin_[phase]);
        phase += m;
        if (phase >= t_) phase -= t_;
      }
    }
  }

 private:
  std::size_t t_;
  std::vector<double> cos_, sin_;
};

}  // namespace spi
