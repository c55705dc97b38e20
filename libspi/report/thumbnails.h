// SPDX-License-Identifier: GPL-3.0-or-later
// Small pictures of all patterns of a stack on one sheet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "libspi/base/monitor.h"

namespace spi {

struct ThumbnailSheet {
  std::string png = {};
  std::size_t width = 0, height = 0;    ///< of one picture, pixels
  std::size_t per_row = 0;              ///< picture k stands in row k / per_row, column k % per_row
  std::vector<std::uint64_t> ids = {};  ///< of the patterns, in the order of the pictures
};

/// Number of patterns in a stack, without reading them.
std::size_t count_patterns(const std::filesystem::path& stack);

/// Each pattern averaged down to at most 64 x 64 pixels, on its own logarithmic scale between the
/// percentiles 5 and 99.9 of its positive pixels; grey where nothing was measured.
ThumbnailSheet make_thumbnails(const std::filesystem::path& stack, Monitor& monitor);

}  // namespace spi
