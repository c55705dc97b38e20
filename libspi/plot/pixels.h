// SPDX-License-Identifier: GPL-3.0-or-later
// A finished picture in memory.
#pragma once

#include <cstdint>
#include <vector>

namespace spi::plot {

/// [height][width] pixels, 0xRRGGBB each, row 0 at the top.
struct Pixels {
  int width = 0, height = 0;
  std::vector<std::uint32_t> rgb;
};

}  // namespace spi::plot
