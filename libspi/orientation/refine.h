// SPDX-License-Identifier: GPL-3.0-or-later
// An orientation off the grid: the slice that correlates best with a pattern.
#pragma once

#include <span>
#include <vector>

#include "libspi/orientation/slices.h"

namespace spi {

/// Slices as the patterns are compared: √I times a factor for each ring.
class ScaledSlicer {
 public:
  /// `reference` must outlive this. ring_factor [R].
  ScaledSlicer(const Reference& reference, PolarSlicer slicer, std::vector<float> ring_factor)
      : reference_(reference), slicer_(std::move(slicer)), ring_factor_(std::move(ring_factor)) {}
  const PolarSlicer& slicer() const { return slicer_; }
  const std::vector<float>& ring_factor() const { return ring_factor_; }
  /// out[R][T]
  void slice(const Pose& pose, std::span<float> out) const;

 private:
  const Reference& reference_;
  PolarSlicer slicer_;
  std::vector<float> ring_factor_;
};

struct RefineOptions {
  double size_range = 0;  ///< sizes from 1/(1 + this) to 1 + this are tried; 0: 1 only
  double step_rad = 1e-3;     ///< of the central differences
  double largest_rad = 0.05;  ///< no step is longer
  double settled_rad = 1e-5;  ///< done when a step is shorter
  std::size_t max_steps = 12;
};

struct Refined {
  Pose pose;
  double correlation = 0;
};

/// Scratch of one thread.
struct RefineScratch {
  std::vector<float> slice, best;
  std::array<std::vector<float>, 4> derivative;
};

/// Levenberg and Marquardt's descent of |x/|x| - a y(R)|² over the scale a, which is eliminated,
/// and the rotation R = R0 exp(delta), in the weights w: the maximum of the cosine
/// Σ w x y / √(Σ w x² Σ w y²). x, w: [R][T]. Derivatives are central differences of exact slices:
/// seven slices a step. The correlation never falls below that of the start.
Refined refine(const ScaledSlicer& slices, std::span<const float> x, std::span<const float> w,
               const Pose& start, const RefineOptions& options, RefineScratch& scratch);

}  // namespace spi
