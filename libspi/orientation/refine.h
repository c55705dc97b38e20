// SPDX-License-Identifier: GPL-3.0-or-later
// An orientation off the grid: the slice that correlates best with a pattern.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "libspi/orientation/slices.h"

namespace spi {

struct RefineOptions {
  double size_range = 0;      ///< sizes from 1/(1 + this) to 1 + this are tried; 0: none but 1
  double step_rad = 1e-3;     ///< of the central differences (and of ln(size))
  double largest_rad = 0.05;  ///< no step is longer
  double settled_rad = 1e-5;  ///< done when a step is shorter
  std::size_t max_steps = 12;
};

struct Refined {
  Pose pose;
  double correlation = 0;
};

/// A pattern at the points of a slice.
struct PatternPoints {
  std::vector<float> value, weight;  ///< [points]
};

/// Scratch of one thread.
struct RefineScratch {
  std::vector<float> slice, best;
  std::array<std::vector<float>, 4> derivative;
};

/// The maximum near `start` of the cosine Σ w x y / √(Σ w x² Σ w y²) over rotations and the size:
/// Levenberg and Marquardt's descent of Σ w (x/|x| - a y(pose))², from which the scale a is
/// eliminated (Kaufman, BIT 15, 49 (1975)). Derivatives are central differences of exact slices,
/// seven to nine slices a step. The correlation never falls below that of the start.
Refined refine(const Reference& reference, const SlicePoints& points, const PatternPoints& pattern,
               const Pose& start, const RefineOptions& options, RefineScratch& scratch);

}  // namespace spi
