// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/angular_dft.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr std::size_t kVector = 16;  ///< floats of an AVX-512 register
constexpr std::size_t kAcross = 4;   ///< vectors of a row in registers,
constexpr std::size_t kRows = 6;     ///< times so many rows: 24 of 32 registers are sums
constexpr std::size_t kBlock = kAcross * kVector;  ///< lanes worked on together
using Vector = float __attribute__((vector_size(kVector * sizeof(float)), aligned(4)));

/// Rows of `kBlock` lanes, packed so that they stay in level-1 cache whatever their stride. One set
/// a thread, kept between calls: there are millions.
struct Packed {
  std::vector<float> in, out;
  void reserve(std::size_t in_rows, std::size_t out_rows) {
    in.resize(std::max(in.size(), in_rows * kBlock));
    out.resize(std::max(out.size(), out_rows * kBlock));
  }
};
thread_local Packed packed;

/// c[rows][kBlock] = a[rows][inner] · b[inner][kBlock], rows of c at c_stride; at most kRows rows.
template <std::size_t rows>
void few_rows(const float* a, std::size_t inner, const float* b, float* c, std::size_t c_stride) {
  Vector sum[rows][kAcross] = {};
  for (std::size_t n = 0; n < inner; ++n) {
    const auto* x = reinterpret_cast<const Vector*>(b + n * kBlock);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t v = 0; v < kAcross; ++v) sum[r][v] += a[r * inner + n] * x[v];
  }
  for (std::size_t r = 0; r < rows; ++r) {
    auto* out = reinterpret_cast<Vector*>(c + r * c_stride);
    for (std::size_t v = 0; v < kAcross; ++v) out[v] = sum[r][v];
  }
}

/// The same for any number of rows.
void product(const float* a, std::size_t rows, std::size_t inner, const float* b, float* c,
             std::size_t c_stride) {
  std::size_t r = 0;
  for (; r + kRows <= rows; r += kRows)
    few_rows<kRows>(a + r * inner, inner, b, c + r * c_stride, c_stride);
  for (; r < rows; ++r) few_rows<1>(a + r * inner, inner, b, c + r * c_stride, c_stride);
}

/// Calls work(first lane, lanes) for blocks of at most kBlock lanes.
void for_blocks(std::size_t lanes, const auto& work) {
  for (std::size_t first = 0; first < lanes; first += kBlock)
    work(first, std::min(kBlock, lanes - first));
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

void AngularDft::forward(const float* x, std::size_t lanes, float* re, float* im,
                         std::size_t stride, std::size_t last) const {
  const std::size_t half = t_ / 2;
  packed.reserve(t_, last + 1);
  float* const folded = packed.in.data();
  float* const out = packed.out.data();
  for_blocks(lanes, [&](std::size_t first, std::size_t count) {
    const auto copy_sum = [&](std::size_t row, std::size_t s, std::size_t other, float sign) {
      const float* a = x + s * lanes + first;
      const float* b = x + other * lanes + first;
      float* to = &folded[row * kBlock];
      for (std::size_t l = 0; l < count; ++l) to[l] = a[l] + sign * b[l];
    };
    copy_sum(0, 0, 0, 0);
    copy_sum(half, half, half, 0);
    for (std::size_t s = 1; s < half; ++s) {
      copy_sum(s, s, t_ - s, 1);
      copy_sum(t_ - s, s, t_ - s, -1);
    }
    const auto transform = [&](const float* matrix, std::size_t inner, const float* rows,
                               float* to) {
      if (count == kBlock) return product(matrix, last + 1, inner, rows, to + first, stride);
      product(matrix, last + 1, inner, rows, out, kBlock);
      for (std::size_t m = 0; m <= last; ++m)
        std::copy_n(&out[m * kBlock], count, to + m * stride + first);
    };
    transform(cos_.data(), half + 1, folded, re);
    transform(sin_.data(), half - 1, &folded[(half + 1) * kBlock], im);
  });
}

void AngularDft::inverse(const float* re, const float* im, std::size_t stride, std::size_t lanes,
                         float* x) const {
  const std::size_t half = t_ / 2, count_m = m_ + 1;
  packed.reserve(count_m, t_);
  float* const harmonics = packed.in.data();
  float* const parts = packed.out.data();
  for_blocks(lanes, [&](std::size_t first, std::size_t count) {
    const auto pack = [&](const float* from) {
      for (std::size_t m = 0; m < count_m; ++m)
        std::copy_n(from + m * stride + first, count, &harmonics[m * kBlock]);
    };
    pack(re);
    product(inverse_cos_.data(), half + 1, count_m, harmonics, parts, kBlock);
    pack(im);
    product(inverse_sin_.data(), half - 1, count_m, harmonics, &parts[(half + 1) * kBlock], kBlock);
    std::copy_n(parts, count, x + first);
    std::copy_n(&parts[half * kBlock], count, x + half * lanes + first);
    for (std::size_t s = 1; s < half; ++s) {
      const float* even = &parts[s * kBlock];
      const float* odd = &parts[(t_ - s) * kBlock];
      float* a = x + s * lanes + first;
      float* b = x + (t_ - s) * lanes + first;
      for (std::size_t l = 0; l < count; ++l) {
        a[l] = even[l] + odd[l];
        b[l] = even[l] - odd[l];
      }
    }
  });
}

}  // namespace spi
