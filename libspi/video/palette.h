// SPDX-License-Identifier: GPL-3.0-or-later
// The 256 colours of a GIF: chosen once for all frames, so that nothing flickers.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "libspi/plot/pixels.h"

namespace spi {

class Palette {
 public:
  /// Median cut (Heckbert, SIGGRAPH 1982, 297) of the colours of a few typical pictures.
  explicit Palette(std::span<const plot::Pixels> samples);

  /// 0xRRGGBB each.
  const std::array<std::uint32_t, 256>& colours() const { return colours_; }

  /// The index of each pixel's colour. What lies between two colours is dithered in a fixed
  /// pattern, so that pixels that rest in the picture rest in the GIF.
  std::vector<std::uint8_t> indices(const plot::Pixels& pixels) const;

 private:
  std::array<std::uint32_t, 256> colours_{};
  std::vector<std::uint8_t> nearest_;  ///< [32³] of colours in 5 bits a component
};

}  // namespace spi
