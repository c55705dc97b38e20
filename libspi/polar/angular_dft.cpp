// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/angular_dft.h"

#include <cblas.h>

#include <cmath>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// c[rows][lanes] = a[rows][inner] · b[inner][lanes]; leading dimensions follow the pointers.
void product(const float* a, std::size_t rows, std::size_t inner, std::size_t a_stride,
             const float* b, std::size_t b_stride, std::size_t lanes, float* c,
             std::size_t c_stride) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, int(rows), int(lanes), int(inner), 1.f, a,
              int(a_stride), b, int(b_stride), 0.f, c, int(c_stride));
}

}  // namespace

// Row s <= T/2 of a folded signal is its even part at s, row T - s > T/2 its odd part at s.
AngularDft::AngularDft(std::size_t angles, std::size_t harmonics) : t_(angles), m_(harmonics) {
  SPI_ASSERT(angles >= 4 && angles % 2 == 0 && harmonics <= angles / 2);
  const std::size_t half = t_ / 2;
  const auto phase = [&](std::size_t m, std::size_t s) {
    return 2 * std::numbers::pi * double(m * s % t_) / double(t_);
  };
  for (std::size_t m = 0; m <= m_; ++m) {
    for (std::size_t s = 0; s <= half; ++s) cos_.push_back(float(std::cos(phase(m, s))));
    for (std::size_t row = half + 1; row < t_; ++row)
      sin_.push_back(float(-std::sin(phase(m, t_ - row))));
  }
  const auto weight = [&](std::size_t m) { return (m == 0 || m == half ? 1. : 2.) / double(t_); };
  for (std::size_t s = 0; s <= half; ++s)
    for (std::size_t m = 0; m <= m_; ++m)
      inverse_cos_.push_back(float(weight(m) * std::cos(phase(m, s))));
  for (std::size_t row = half + 1; row < t_; ++row)
    for (std::size_t m = 0; m <= m_; ++m)
      inverse_sin_.push_back(float(-weight(m) * std::sin(phase(m, t_ - row))));
}

void AngularDft::forward(float* x, std::size_t lanes, float* re, float* im, std::size_t stride,
                         std::size_t last) const {
  const std::size_t half = t_ / 2;
  for (std::size_t s = 1; s < half; ++s) {
    float* __restrict a = x + s * lanes;
    float* __restrict b = x + (t_ - s) * lanes;
    for (std::size_t l = 0; l < lanes; ++l) {
      const float sum = a[l] + b[l], difference = a[l] - b[l];
      a[l] = sum, b[l] = difference;
    }
  }
  product(cos_.data(), last + 1, half + 1, half + 1, x, lanes, lanes, re, stride);
  product(sin_.data(), last + 1, half - 1, half - 1, x + (half + 1) * lanes, lanes, lanes, im,
          stride);
}

void AngularDft::inverse(const float* re, const float* im, std::size_t stride, std::size_t lanes,
                         float* x) const {
  const std::size_t half = t_ / 2;
  product(inverse_cos_.data(), half + 1, m_ + 1, m_ + 1, re, stride, lanes, x, lanes);
  product(inverse_sin_.data(), half - 1, m_ + 1, m_ + 1, im, stride, lanes, x + (half + 1) * lanes,
          lanes);
  for (std::size_t s = 1; s < half; ++s) {
    float* __restrict a = x + s * lanes;
    float* __restrict b = x + (t_ - s) * lanes;
    for (std::size_t l = 0; l < lanes; ++l) {
      const float even = a[l], odd = b[l];
      a[l] = even + odd, b[l] = even - odd;
    }
  }
}

}  // namespace spi
