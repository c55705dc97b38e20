// SPDX-License-Identifier: GPL-3.0-or-later
// The slow definition of the likelihood of rotated classes: pixel by pixel, shift by shift, double.
#pragma once

#include <cmath>
#include <functional>
#include <numbers>
#include <span>
#include <vector>

#include "libspi/io/detector.h"

namespace spi::reference {

/// A class as a function on the flat detector: rate relative to the radial mean at polar (r, θ).
using Rate = std::function<double(double radius_px, double azimuth_rad)>;

struct Pixels {
  std::vector<double> radius, azimuth;  ///< [n] the pixels that take part
  std::vector<double> expected;         ///< [n] correction · Ī(r)
};

/// gain(α) = Σ_t n_t ln W(r_t, θ_t + α) − penalty, over the pixels t, with Z(α) = Σ_t e_t W(r_t,
/// θ_t
/// + α) and A = Σ_t e_t: penalty = φ (Z − A) of a known fluence φ, N ln(Z / A) of a free one (φ =
/// 0).
inline double gain(const Pixels& pixels, std::span<const double> counts, const Rate& rate,
                   double alpha, double fluence) {
  double sum = 0, z = 0, a = 0, n = 0;
  for (std::size_t t = 0; t < counts.size(); ++t) {
    const double w = rate(pixels.radius[t], pixels.azimuth[t] + alpha);
    sum += counts[t] * std::log(w);
    z += pixels.expected[t] * w;
    a += pixels.expected[t];
    n += counts[t];
  }
  return sum - (fluence > 0 ? fluence * (z - a) : n * std::log(z / a));
}

/// The M step on bins by its definition: numerator[b + s] += P(s) n[b], exposure[b + s] += q(s)
/// a[b], of one ring.
inline void accumulate_ring(std::span<const double> posterior, std::span<const double> weight,
                            std::span<const double> counts, std::span<const double> area,
                            std::span<double> numerator, std::span<double> exposure) {
  const std::size_t turn = counts.size();
  for (std::size_t s = 0; s < turn; ++s)
    for (std::size_t j = 0; j < turn; ++j) {
      numerator[(j + s) % turn] += posterior[s] * counts[j];
      exposure[(j + s) % turn] += weight[s] * area[j];
    }
}

}  // namespace spi::reference
