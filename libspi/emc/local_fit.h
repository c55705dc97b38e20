// SPDX-License-Identifier: GPL-3.0-or-later
// One frame against the model near one orientation, off any grid: its best orientation there, and
// how well that is known.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "libspi/emc/polar_points.h"
#include "libspi/polar/binned_frames.h"

namespace spi {

/// What a frame's photons say of the orientations near one: a Gaussian.
struct LocalFit {
  Quaternion model_from_lab;
  double gain = 0;      ///< log-likelihood over that of the mean pattern, nats
  double expected = 0;  ///< Z there, the photons of a frame of fluence 1
  /// [3][3] of the rotation vector in the model's frame, rad²: the inverse of Fisher's information
  Matrix3 covariance{};
  /// ln of the gain's Gaussian integral over rotations, in units of rad³: gain + ½ ln (2π)³|C|
  double log_weight() const;
  double width_rad() const;  ///< √ of the covariance's trace
};

/// Scratch of one thread.
struct LocalScratch {
  std::vector<float> value;                      ///< [points] W
  std::array<std::vector<float>, 3> derivative;  ///< [points] of W along the rotation vector
  std::vector<float> counts;                     ///< [points]
};

/// The gain of a frame of free fluence at the orientation R, with counts n on bins of area a, the
/// rates W(t) = cube at R p_t and Z = Σ a W,
///   Σ n ln W − N ln(Z / A),   A = Σ a,
/// is climbed by Fisher scoring: for R' = exp(ω) R the gradient is Σ n ∂W/W − N ∂Z/Z, and Fisher's
/// information, with the fluence φ = N/Z projected out,
///   F = φ (Σ a ∂W ∂Wᵀ / W − ∂Z ∂Zᵀ / Z).
class LocalSearch {
 public:
  /// All must outlive it. area [points]; the cube is positive.
  LocalSearch(const Cube& cube, const LabPoints& points, const std::vector<double>& area);

  /// Climbs from `start` by at most `steps` steps, none of which lowers the gain or is longer than
  /// `largest_rad`. `frame` is a row of `frames`. `prior_rad`: the width of the Gaussian that keeps
  /// the covariance finite where the frame says nothing.
  LocalFit climb(const BinnedFrames& frames, std::size_t frame, const Quaternion& start,
                 std::size_t steps, double largest_rad, double prior_rad,
                 LocalScratch& scratch) const;

 private:
  struct Terms;
  Terms evaluate(const Quaternion& q, double photons, LocalScratch& scratch) const;

  const Cube& cube_;
  const LabPoints& points_;
  std::vector<float> area_;
  double flat_expected_ = 0;
};

}  // namespace spi
