// SPDX-License-Identifier: GPL-3.0-or-later
// An iteration of phasing by its definition: Fourier sums axis by axis, in double.
#pragma once

#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include "libspi/base/parallel.h"

namespace spi::reference {

/// A complex cube [n][n][n], real and imaginary parts apart.
struct ComplexCube {
  std::vector<double> re, im;
};

/// Σ_x f(x) e^{∓2πi kx/n} along the axis in which voxels lie `stride` apart; sign −1 forward.
inline void fourier_sum(ComplexCube& cube, std::size_t n, std::size_t stride, int sign,
                        int threads) {
  std::vector<double> c, s;
  for (std::size_t t = 0; t < n; ++t) {
    c.push_back(std::cos(2 * std::numbers::pi * double(t) / double(n)));
    s.push_back(sign * std::sin(2 * std::numbers::pi * double(t) / double(n)));
  }
  const std::size_t lines = n * n;
  parallel_for(n, threads, [&](std::size_t part, int) {
    std::vector<double> re(n), im(n), out_re(n), out_im(n), wc(n * n), ws(n * n);
    for (std::size_t x = 0; x < n; ++x)
      for (std::size_t k = 0; k < n; ++k)
        wc[x * n + k] = c[x * k % n], ws[x * n + k] = s[x * k % n];
    for (std::size_t line = part * n; line < std::min(lines, (part + 1) * n); ++line) {
      const std::size_t first = line / stride * stride * n + line % stride;
      std::fill(out_re.begin(), out_re.end(), 0.), std::fill(out_im.begin(), out_im.end(), 0.);
      for (std::size_t x = 0; x < n; ++x) {
        const double a = cube.re[first + x * stride], b = cube.im[first + x * stride];
        const double *const u = &wc[x * n], *const v = &ws[x * n];
        for (std::size_t k = 0; k < n; ++k) {
          out_re[k] += a * u[k] - b * v[k];
          out_im[k] += a * v[k] + b * u[k];
        }
      }
      for (std::size_t k = 0; k < n; ++k) {
        cube.re[first + k * stride] = out_re[k];
        cube.im[first + k * stride] = out_im[k];
      }
    }
  });
}

inline void fourier_sums(ComplexCube& cube, std::size_t n, int sign, int threads) {
  for (const std::size_t stride : {std::size_t{1}, n, n * n})
    fourier_sum(cube, n, stride, sign, threads);
}

/// One iteration of the difference map of β = 1 (phasing/recipe.h): x + S(2 P x − x) − P x, where P
/// gives every frequency its `modulus` [n][n][n], and S keeps what is positive where `inside`.
inline std::vector<double> difference_map(std::span<const float> x, std::span<const double> modulus,
                                          std::span<const std::uint8_t> inside, std::size_t n,
                                          int threads) {
  ComplexCube cube{{x.begin(), x.end()}, std::vector<double>(x.size())};
  fourier_sums(cube, n, -1, threads);
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double factor = modulus[k] / std::hypot(cube.re[k], cube.im[k]) / double(x.size());
    cube.re[k] *= factor, cube.im[k] *= factor;
  }
  fourier_sums(cube, n, 1, threads);
  std::vector<double> next;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double p = cube.re[i], reflected = 2 * p - x[i];
    next.push_back(x[i] + (inside[i] && reflected > 0 ? reflected : 0) - p);
  }
  return next;
}

}  // namespace spi::reference
