// SPDX-License-Identifier: GPL-3.0-or-later
// What a movie shows, and how.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/io/volume_series.h"     // for Quantity
#include "libspi/orientation/options.h"  // for Angle
#include "libspi/plot/color.h"

namespace spi {

template <>
struct EnumNames<plot::ColorMap> {
  static constexpr std::array<std::string_view, 4> values{"viridis", "magma", "gray", "diverging"};
};

/// Written 1280x720.
struct FrameSize {
  int width = 1280, height = 720;
  bool operator==(const FrameSize&) const = default;
};
template <>
struct Text<FrameSize> {
  static std::string type() { return "WIDTHxHEIGHT"; }
  static FrameSize parse(const std::string& text);
  static std::string print(FrameSize size);
};

/// Written as six hexadecimal digits, RRGGBB.
struct HexColor {
  plot::Rgb rgb;
  bool operator==(const HexColor&) const = default;
};
template <>
struct Text<HexColor> {
  static std::string type() { return "RRGGBB"; }
  static HexColor parse(const std::string& text);
  static std::string print(HexColor colour);
};

enum class MoviePanel { surface, sections, projections, map };
template <>
struct EnumNames<MoviePanel> {
  static constexpr std::array<std::string_view, 4> values{"surface", "sections", "projections",
                                                          "map"};
};

struct MovieOptions {
  std::optional<Quantity> quantity = {};
  std::optional<std::filesystem::path> states = {}, map = {};
  std::array<std::size_t, 2> map_axes{1, 2};
  double support_radius = 0.25;
  std::optional<std::string> against = {};

  std::size_t frames = 100;
  double fps = 25;
  bool there_and_back = false;

  FrameSize size = {};
  std::vector<MoviePanel> panels{MoviePanel::surface, MoviePanel::sections, MoviePanel::projections,
                                 MoviePanel::map};
  std::optional<double> level = {};
  Angle azimuth{0.5235987755982988}, elevation{0.4363323129985824}, turn{0};
  HexColor surface_color{plot::Rgb{0.84, 0.62, 0.20}};
  plot::ColorMap color_map = plot::ColorMap::magma;
  std::optional<std::string> title = {};

  void describe(OptionSet& options);
  bool shows(MoviePanel panel) const;
  /// UsageError where options contradict.
  void check_together() const;
};

}  // namespace spi
