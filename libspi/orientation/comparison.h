// SPDX-License-Identifier: GPL-3.0-or-later
// How the patterns of a stack are compared with slices of a reference: where, and what of them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/geometry/orientation_grid.h"
#include "libspi/io/stack.h"
#include "libspi/orientation/options.h"
#include "libspi/orientation/slices.h"

namespace spi {

/// The reference, its geometry and the orientations to be tried.
struct Comparison {
  std::shared_ptr<const Reference> reference;
  std::string reference_name;  ///< in words
  PointGroup group;            ///< of the particle
  PointGroup laue;             ///< of its intensities: what orientations are ambiguous by
  PatternGeometry geometry;
  std::array<double, 2> centre{};  ///< x, y in pixels
  double band_limit = 0;           ///< cycles per pixel; 0: none
  PolarGrid grid;
  std::vector<std::size_t> limit;  ///< [R] highest angular harmonic
  std::vector<float> ring_weight;  ///< [R] proportional to the radius: the area of a point
  std::vector<float> ring_factor;  ///< [R] of √I: (mean I of the reference's ring)^(-1/4)
  ViewGrid views;

  /// The band limit; where there is none, what is as fine as it can be.
  double band() const;
  BeamTwin twin() const { return geometry.wavelength_A ? BeamTwin::distinct : BeamTwin::same; }
  /// Orientation of a view at an in-plane step.
  Quaternion orientation(std::size_t view, std::size_t shift) const;
  /// All points of the grid; or as many on each ring as its highest harmonic needs.
  SlicePoints all_points() const;
  SlicePoints few_points() const;
};

/// Reads the one reference of the options (OrientOptions::one_by_one) and settles what the options
/// leave open. UserError where the q of a pixel is not known, the reference has not the symmetry,
/// or no rings are left.
Comparison make_comparison(StackReader& stack, const OrientOptions& options, Monitor& monitor);

/// The slice of a pose at the pixels of an image, [rows][columns], in the reference's units; NaN
/// where the reference does not reach.
std::vector<float> pixel_slice(const Comparison& comparison, std::size_t rows, std::size_t columns,
                               const Pose& pose);

/// Patterns of a stack on the polar grid.
struct PolarPatterns {
  std::size_t count = 0;
  std::vector<float> value;  ///< [count][R][T] factor·√I after the low-pass; 0 where not measured
  std::vector<float> measured;  ///< [count][R][T] 1 or 0
  std::size_t invalid_pixels = 0;
};

/// Reads patterns [first, first + n) and resamples them. J = factor²·I is I over the root of the
/// ring's mean, so that photons make white noise in it; J is low-passed before its root is taken,
/// which would otherwise be biased where there are few photons. UserError where one has no
/// intensity on the rings.
PolarPatterns read_polar(StackReader& stack, const Comparison& comparison, std::size_t first,
                         std::size_t n, int threads);

}  // namespace spi
