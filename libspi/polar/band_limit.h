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
  /// The same, smoothed over a tenth of the radius range (geometric mean): no fringes.
  std::vector<float> envelope() const;

 private:
  std::vector<double> means() const;
  std::vector<float> spread(const std::vector<double>& by_bin) const;

  std::vector<double> radius_;  ///< [rows·columns]
  std::vector<double> sum_, weight_;
};

/// Estimates the band limit of patterns from their mean power spectrum.
class BandEstimator {
 public:
  BandEstimator(std::size_t rows, std::size_t columns);
  /// profile, envelope: RadialProfile::image() and ::envelope(). Adds the power spectrum of the
  /// residuals (I − g·p)/√(g·e·(1 + e/e₀)), g the pattern's brightness, e₀ the median of e: photon
  /// noise is white in them but for the bright centre, which is dimmed lest it outshine the rest.
  /// They fade to 0 towards borders and pixels not measured, so that a mask has no edges.
  void add(const float* intensity, const float* weight, const std::vector<float>& profile,
           const std::vector<float>& envelope);
  /// The frequency in cycles per pixel where the radially averaged power sinks into its plateau
  /// (or, without noise, below 10^-4 of its peak); nullopt where it never does (the
  /// speckle is not resolved) or never rises from it (noise alone).
  std::optional<double> limit() const;
  /// Variance over mean of the intensities at the plateau: the intensity of one photon (1 for
  /// counts), whatever the file's unit.
  double photon() const;
  /// Mean power by frequency: bin b of n holds frequencies near (b + 1/2)/(2n) cycles per pixel.
  std::vector<double> spectrum() const;

 private:
  double plateau() const;
  void update_fade(const float* weight);

  std::size_t rows_, columns_;
  RealFft2d fft_;
  std::vector<float> last_weight_, fade_;  ///< stacks mostly share one mask
  std::vector<double> power_, count_;      ///< by frequency bin
  double fade_energy_ = 0, patterns_ = 0;  ///< expected noise power over the patterns
};

/// Low-pass by normalised convolution (Knutsson & Westin 1993): (k*wI)/(k*w) with the kernel whose
/// transfer function is 1 up to `limit` cycles per pixel and falls to 0 as a cosine over the next
/// 30 %. Small holes are filled from around.
class BandLimiter {
 public:
  BandLimiter(std::size_t rows, std::size_t columns, double limit);
  /// Pixels that a filtered value averages: the factor by which noise variance falls.
  double noise_reduction() const;
  /// In place; negative ringing is clipped at 0. A pixel of a hole small enough that at least half
  /// of the kernel's weight around it was measured gets the weight of a typical pixel. Not for
  /// several threads at once.
  void apply(float* intensity, float* weight);

 private:
  void update_norm(const float* weight);
  std::vector<float> filtered(const std::vector<float>& image);

  std::size_t rows_, columns_;
  RealFft2d fft_;
  std::vector<float> transfer_;                             ///< [H][W/2+1]
  std::vector<float> last_weight_, last_norm_, certainty_;  ///< stacks mostly share one mask
  float typical_weight_ = 0;
};

}  // namespace spi
