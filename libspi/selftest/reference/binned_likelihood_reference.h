// SPDX-License-Identifier: GPL-3.0-or-later
// The E and M steps of frames on polar bins by their definition: photon by photon, shift by shift,
// double.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "libspi/polar/likelihood_engine.h"

namespace spi::reference {

/// Free fluence, no band limit, classes that rotate.
struct BinnedLikelihood {
  const RateModel& model;
  const std::vector<double>& area;              ///< [R][T]
  std::vector<std::vector<double>> log_rate{};  ///< [K] [R][2T] ln W, each ring twice
  std::vector<std::vector<double>> expected{};  ///< [K] [T] Z

  BinnedLikelihood(const RateModel& m, const std::vector<double>& a) : model(m), area(a) {
    const std::size_t angles = m.angles;
    for (std::size_t k = 0; k < m.classes; ++k) {
      std::vector<double>&log = log_rate.emplace_back(), &z = expected.emplace_back(angles);
      for (std::size_t i = 0; i < m.rings; ++i)
        for (std::size_t j = 0; j < 2 * angles; ++j)
          log.push_back(std::log(double(m.of(k)[i * angles + j % angles])));
      for (std::size_t s = 0; s < angles; ++s)
        for (std::size_t i = 0; i < m.rings; ++i)
          for (std::size_t j = 0; j < angles; ++j)
            z[s] += a[i * angles + j] * m.of(k)[i * angles + (j + s) % angles];
    }
  }

  double flat_expected() const {
    double sum = 0;
    for (const double a : area) sum += a;
    return sum;
  }

  /// [K][T]: Σ n ln W(j + s) − N ln(Z / A) of a frame.
  std::vector<double> gains(const BinnedFrames& frames, std::size_t d) const {
    const std::size_t angles = model.angles;
    const double flat = flat_expected();
    std::vector<double> gain(model.classes * angles);
    for (std::size_t k = 0; k < model.classes; ++k) {
      double* const g = &gain[k * angles];
      for (std::size_t s = 0; s < angles; ++s)
        g[s] = -frames.photons[d] * std::log(expected[k][s] / flat);
      for (auto e = frames.start[d]; e < frames.start[d + 1]; ++e) {
        const std::size_t bin = BinnedFrames::bin_of(frames.entry[e]);
        const double n = BinnedFrames::count_of(frames.entry[e]);
        const double* const w = &log_rate[k][bin / angles * 2 * angles + bin % angles];
        for (std::size_t s = 0; s < angles; ++s) g[s] += n * w[s];
      }
    }
    return gain;
  }

  struct Evidence {
    double log_evidence = 0, information = 0;  ///< FramePosterior's
    std::vector<double> posterior;             ///< [K][T]
  };
  Evidence evidence(std::vector<double> gain, double beta) const {
    const double best = *std::ranges::max_element(gain), count = double(gain.size());
    double sum = 0, information = 0;
    for (double& g : gain) sum += g = std::exp(beta * (g - best));
    for (double& g : gain) {
      g /= sum;
      if (g > 0) information += g * std::log(g * count);
    }
    return {best + std::log(sum / count) / beta, information, std::move(gain)};
  }

  /// Adds what a frame of that posterior says of class k: numerator and exposure [R][T].
  void accumulate(const BinnedFrames& frames, std::size_t d, const std::vector<double>& posterior,
                  std::size_t k, double* numerator, double* exposure) const {
    const std::size_t angles = model.angles;
    const double* const p = &posterior[k * angles];
    for (auto e = frames.start[d]; e < frames.start[d + 1]; ++e) {
      const std::size_t bin = BinnedFrames::bin_of(frames.entry[e]), j = bin % angles;
      for (std::size_t s = 0; s < angles; ++s)
        numerator[bin - j + (j + s) % angles] += p[s] * BinnedFrames::count_of(frames.entry[e]);
    }
    for (std::size_t s = 0; s < angles; ++s) {
      const double q = p[s] * frames.photons[d] / expected[k][s];
      for (std::size_t b = 0; b < area.size(); ++b)
        exposure[b - b % angles + (b + s) % angles] += q * area[b];
    }
  }
};

}  // namespace spi::reference
