// SPDX-License-Identifier: GPL-3.0-or-later
// Preprocessing: from averages and their orientations to what the network learns from.
//
// As in Zhuang et al. (2022), appendix B1: patterns are averaged down to the voxel size, cut at
// high q and divided by the radial mean of the data set, which decoding multiplies back.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/geometry/point_group.h"
#include "libspi/io/stack.h"
#include "libspi/volume/query_points.h"
#include "models/vae/options.h"
#include "models/vae/poses.h"

namespace spi::vae {

/// What one needs to know to treat other patterns alike; part of the model's file.
struct Preprocessing {
  std::size_t size = 0;    ///< of pattern and cube, odd
  double q_per_voxel = 0;  ///< 1/Å
  std::optional<double> wavelength_A = {};
  std::vector<double> radial_mean = {};  ///< [size/2 + 1] of patterns of scale 1, at whole radii

  /// Radial mean at any radius in voxels up to size/2: geometric between whole radii, since
  /// intensities fall steeply.
  double mean_at(double radius) const;
};

/// N patterns on the P points of disc_points(size).
struct PatternSet {
  Preprocessing preprocessing;
  std::string symmetry = "C1";  ///< group whose fundamental zone the poses are in
  QueryPoints points;
  std::vector<std::uint64_t> id;  ///< [N]
  std::vector<Quaternion> pose;   ///< [N] in the fundamental zone of the symmetry
  std::vector<float> gain;        ///< [N]
  std::vector<float> scale;       ///< [N] total intensity over that of the radial mean
  std::vector<float> intensity;   ///< [N][P] over scale and radial mean; mean 1 on a ring
  std::vector<float> photons;     ///< [N][P] effective ones behind an intensity of 1; 0: none
  std::size_t count() const { return id.size(); }
};

/// Reads and preprocesses all patterns. With `known` (encoding) its cut and radial mean are used,
/// else they are made from the data. `poses` [N] in the order of the stack; rotations are moved
/// into the fundamental zone of `group`. Photons behind a pixel are intensity times weight
/// (formats.md). UserError where the patterns are too small for the size, are not square enough, or
/// do not know their q.
PatternSet load_patterns(StackReader& stack, const std::vector<Pose>& poses,
                         const PointGroup& group, const VaeOptions& options,
                         const Preprocessing* known, Monitor& monitor);

}  // namespace spi::vae
