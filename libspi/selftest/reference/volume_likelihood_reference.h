// SPDX-License-Identifier: GPL-3.0-or-later
// The slow definition of how likely a frame is at an orientation: Poisson, pixel by pixel, on the
// detector's own pixels, double.
#pragma once

#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "libspi/geometry/rotation.h"

namespace spi::reference {

/// The pixels that take part: where they look (lab frame) and Σ correction·Ī of the mean pattern.
struct LabPixels {
  std::vector<Vector3> place;
  std::vector<double> expected;
};

/// ln of the Poisson probability of `counts` at fluence N/Z, less that of the mean pattern at
/// fluence N/A: with μ_t = φ e_t W(R p_t), Σ_t (n ln μ − μ − ln n!), term by term.
inline double gain(const LabPixels& pixels, std::span<const double> counts,
                   const std::function<double(const Vector3&)>& rate,
                   const Quaternion& model_from_lab) {
  double n = 0, z = 0, a = 0;
  std::vector<double> w;
  for (std::size_t t = 0; t < counts.size(); ++t) {
    w.push_back(rate(rotate(model_from_lab, pixels.place[t])));
    n += counts[t], z += pixels.expected[t] * w[t], a += pixels.expected[t];
  }
  const auto log_poisson = [](double count, double mean) {
    return count * std::log(mean) - mean - std::lgamma(count + 1);
  };
  double sum = 0;
  for (std::size_t t = 0; t < counts.size(); ++t)
    sum += log_poisson(counts[t], n / z * pixels.expected[t] * w[t]) -
           log_poisson(counts[t], n / a * pixels.expected[t]);
  return sum;
}

}  // namespace spi::reference
