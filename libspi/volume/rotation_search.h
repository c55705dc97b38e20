// SPDX-License-Identifier: GPL-3.0-or-later
// Coarse search: which rotations of one intensity look like another.
#pragma once

#include <span>
#include <vector>

#include "libspi/geometry/rotation.h"

namespace spi {

/// A positive field of reciprocal space freed of its steep fall.
struct Contrast {
  std::vector<float>
      values;                ///< [n][n][n] the field over its shell's mean, less 1; 0 where it is 0
  std::vector<double> mean;  ///< in shells one voxel wide; 0 where nothing is measured

  /// The mean at a radius in voxels: between shells its logarithm is linear, for the fall is steep.
  double mean_at(double radius) const;
};
/// What is 0, negative or not finite counts as not measured.
Contrast shell_contrast(std::span<const float> field, std::size_t n);

/// A rotation that takes b onto a, and how well.
struct RotationMatch {
  Quaternion rotation;
  double correlation = 0;
  double radius = 0;  ///< voxels: the band in which it was found
};

struct RotationSearch {
  std::vector<RotationMatch> matches;
  std::size_t rotations = 0;  ///< tried in each band
};

/// Correlates the contrasts [n][n][n] on shells, at some thousand points, for all rotations of a
/// grid of such a step, in bands of radius 4, 8, 16, ... n/2: where the particle is small in its
/// field the low bands are empty of information, where it is large the step is too coarse for the
/// high ones, and which is which is not known. Gives the `per_band` best of each band, no two of a
/// band closer than 1.5 steps. Trilinear. Independent of `threads`.
RotationSearch search_rotations(std::span<const float> a, std::span<const float> b, std::size_t n,
                                double step_rad, std::size_t per_band, int threads);

}  // namespace spi
