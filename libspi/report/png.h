// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of at most 256 colours as PNG, smaller than what Cairo writes.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "libspi/plot/color.h"

namespace spi {

/// A PNG file of `indices` [height][width] into `palette` (1 to 256 colours).
std::string palette_png(std::size_t width, std::size_t height,
                        std::span<const std::uint8_t> indices, std::span<const plot::Rgb> palette);

}  // namespace spi
