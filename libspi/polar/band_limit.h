// SPDX-License-Identifier: GPL-3.0-or-later
// A particle of finite extent has band-limited intensities: what lies beyond the band is noise.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "libspi/polar/fft2d.h"

namespace spi {

/// Mean intensity of many patterns by distance from the centre, in bins of one pixel.
class RadialProfile {
 public:
  RadialProfile(std::size_t rows, std::size_t columns, std::array<double, 2> centre);
  /// intensity, weight: [rows][columns]
  void add(const float* intensity, const float* weight);
  /// Profile value at every pixel [rows][columns], linear between bins; 0 where nothing was seen.
  std::vector<float> image() const;

 private:
  std::vector<double> radius_;  ///< [rows·columns]
  std::vector<double> sum_, weight_;
};

/// Estimates the band limit of patterns from their mean power spectrum.
class BandEstimator {
 public:
  BandEstimator(std::size_t rows, std::size_t columns);
  /// profile: RadialProfile::image(). Adds the power spectrum of the Pearson residuals
  /// (I − g·p)/√(g·p), g the pattern's brightness: photon noise is white in them, and pixels that
  /// are not measured count as 0, so a mask has no edges.
  void add(const float* intensity, const float* weight, const std::vector<float>& profile);
  /// The frequency in cycles per pixel beyond which the radially averaged power stays within
  /// `kSignalToNoise` of its plateau; nullopt where the spectrum never falls to a plateau (the
  /// speckle is not resolved, or there is no noise).
  std::optional<double> limit() const;
  /// Mean power by frequency: bin b of n holds frequencies near (b + 1/2)/(2n) cycles per pixel.
  std::vector<double> spectrum() const;

 private:
  std::size_t rows_, columns_;
  RealFft2d fft_;
  std::vector<double> power_, count_;  ///< by frequency bin
};

/// Low-pass by normalised convolution (Knutsson & Westin 1993): (k*wI)/(k*w) with the kernel whose
/// transfer function is 1 up to `limit` cycles per pixel and falls to 0 as a cosine over the next
/// 30 %. Unmeasured pixels of small holes are filled from around; weight stays as it was.
class BandLimiter {
 public:
  BandLimiter(std::size_t rows, std::size_t columns, double limit);
  /// Pixels that a filtered value averages: the factor by which noise variance falls.
  double noise_reduction() const;
  /// In place; negative ringing is clipped at 0. Not for several threads at once.
  void apply(float* intensity, const float* weight);

 private:
  std::vector<float> filtered(const std::vector<float>& image);

  std::size_t rows_, columns_;
  RealFft2d fft_;
  std::vector<float> transfer_;                 ///< [H][W/2+1]
  std::vector<float> last_weight_, last_norm_;  ///< stacks mostly share one mask
};

}  // namespace spi
