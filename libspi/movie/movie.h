// SPDX-License-Identifier: GPL-3.0-or-later
// A series of volumes as a movie, pictures, MRC files and a ChimeraX script.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/movie/state_series.h"

namespace spi {

enum class MovieFormat { mp4, gif, png, mrc, cxc };
template <>
struct EnumNames<MovieFormat> {
  static constexpr std::array<std::string_view, 5> values{"mp4", "gif", "png", "mrc", "cxc"};
};

/// Where everything goes; what is empty is not written.
struct MovieOutputs {
  std::filesystem::path mp4 = {}, gif = {}, script = {}, table = {};
  std::vector<std::filesystem::path> frames = {};   ///< PNG, one a frame
  std::vector<std::filesystem::path> volumes = {};  ///< MRC, one a volume of the series
};

struct MovieSummary {
  std::size_t frames = 0, states = 0;
  double level = 0;
  std::string codec;  ///< of the MP4
};

/// Where along the series (0 to count - 1) each of the frames lies.
std::vector<double> frame_positions(std::size_t frames, std::size_t count, bool there_and_back);

/// Every output appears whole, the movies last. Independent of `threads`. `title` heads the
/// frames, `comment` is kept in the MP4.
MovieSummary make_movie(StateSeries& series, const MovieOptions& options,
                        const MovieOutputs& outputs, const std::string& title,
                        const std::string& comment, int threads, Monitor& monitor);

}  // namespace spi
