// SPDX-License-Identifier: GPL-3.0-or-later
// What a stack of patterns says of itself: its centre, and where its signal ends.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>

#include "libspi/base/monitor.h"
#include "libspi/io/stack.h"

namespace spi {

/// Calls visit(index, intensity, weight) for the patterns 0, stride, 2·stride, ...
void for_each_pattern(StackReader& stack, std::size_t stride,
                      const std::function<void(std::size_t, const float*, const float*)>& visit);

/// The centre that file or options give, else the one of Friedel symmetry over one to two hundred
/// patterns, evenly spread (all of fewer).
struct StackCentre {
  std::array<double, 2> position{};  ///< x, y in pixels
  double correlation = 0;            ///< of the patterns with their inversions; 0: not searched
};
StackCentre stack_centre(StackReader& stack, Monitor& monitor);

/// BandEstimator's findings over 400 to 800 patterns, evenly spread (all of fewer).
struct StackBand {
  std::optional<double> limit;  ///< where the signal ends, cycles per pixel
  double photon = 0;            ///< intensity of one photon
};
StackBand stack_band(StackReader& stack, std::array<double, 2> centre);

}  // namespace spi
