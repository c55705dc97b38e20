// SPDX-License-Identifier: GPL-3.0-or-later
// Radial intensities of patterns.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/io/stack.h"

namespace spi {

/// Means over rings one pixel wide: ring r holds the pixels whose distance from the centre rounds
/// to r, as far as whole circles reach.
struct RadialProfile {
  std::vector<double> mean;    ///< [R]; NaN where nothing is measured
  std::vector<double> pixels;  ///< [R] measured
};
RadialProfile radial_profile(std::span<const float> intensity, std::span<const float> weight,
                             std::size_t rows, std::size_t columns, std::array<double, 2> centre);

/// Of all patterns of a stack, in its order. Streamed.
struct RadialSet {
  std::size_t patterns = 0, rings = 0;
  std::vector<float> mean;        ///< [N][R]
  std::vector<std::uint64_t> id;  ///< [N]
};
RadialSet radial_profiles(StackReader& stack, Monitor& monitor);

/// Where the file or the options say the centre is, else pixel (columns/2, rows/2).
std::array<double, 2> centre_of(const StackInfo& info);

}  // namespace spi
