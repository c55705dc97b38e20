// SPDX-License-Identifier: GPL-3.0-or-later
// A one-parameter family of smooth volumes, and patterns of it.
#pragma once

#include <string>
#include <vector>

#include "libspi/volume/slicing.h"
#include "models/vae/patterns.h"

namespace spi::vae {

struct SmallWorld {
  SmallWorld(const std::string& group, std::size_t size, std::size_t patterns, double photons);

  /// The free box of the volume at t in [0, 1]: positive, smooth, of the group's symmetry.
  std::vector<float> box(double t) const;

  Slicer slicer;
  PatternSet set;         ///< Poisson noise; radial mean 1
  std::vector<double> t;  ///< [N] uniform

 private:
  std::vector<double> field(std::uint64_t kind, double size) const;

  std::vector<double> base_, change_;  ///< [voxels]: ln intensity = base + (t - 1/2) change
};

/// Pearson's correlation.
double correlation(std::span<const double> a, std::span<const double> b);

}  // namespace spi::vae
