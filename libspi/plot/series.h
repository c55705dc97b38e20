// SPDX-License-Identifier: GPL-3.0-or-later
// What can be put on axes, as plain values with defaults. All data are copied in.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "libspi/plot/color.h"
#include "libspi/plot/image.h"
#include "libspi/plot/style.h"

namespace spi::plot {

/// A column of numbers, made from any range of numbers (span, vector of float, {1, 2, 3}).
class Values : public std::vector<double> {
 public:
  Values() = default;
  Values(std::initializer_list<double> values) : std::vector<double>(values) {}
  template <std::ranges::input_range Numbers>
  requires(!std::same_as<std::remove_cvref_t<Numbers>, Values> &&
           std::is_arithmetic_v<std::ranges::range_value_t<Numbers>>) Values(Numbers&& numbers) {
    for (const auto number : numbers) push_back(static_cast<double>(number));
  }
};

/// The class of each of N things. All N names may stay empty: the numbers are then the names.
struct Categories {
  std::vector<int> of{};             // [N] index of the class; negative: none
  std::vector<std::string> names{};  // [classes]
};

/// var(x), cov(x, y), var(y) in the units of the axes.
struct Covariance {
  double xx = 0, xy = 0, yy = 0;
};

/// N points. Colour: by category if given, else by value if given, else one colour.
struct Scatter {
  Values x{}, y{};        // [N]; a NaN or infinite coordinate is left out and counted
  Categories category{};  // [N] or empty; the legend counts the points of each
  Values value{};         // [N] or empty
  ColorScale colors{};    // for `value`
  std::vector<Covariance> covariance{};  // [N] or empty: 1-sigma ellipses
  std::string label{};                   // in the legend, where there are no categories
  std::optional<Rgb> color{};            // automatic: the palette's next
  std::optional<double> size_pt{};       // diameter; automatic: 5.5 pt to 1.2 pt, by N
  std::optional<double> opacity{};       // automatic: 0.9 to 0.3, by N
};

/// A line through N points; NaN interrupts it.
struct Line {
  Values x{}, y{};  // [N]
  std::string label{};
  std::optional<Rgb> color{};
  double width_pt = 1.4;
  Dash dash = Dash::solid;
  bool steps = false;    // a staircase whose steps are centred on x
  bool markers = false;  // a dot at each point
};

/// Upright bars centred on x.
struct Bars {
  Values x{}, height{};  // [N]
  std::string label{};
  std::optional<Rgb> color{};
  double width = 0.8;  // in units of x
};

/// The area between two curves.
struct Band {
  Values x{}, lower{}, upper{};  // [N]
  std::string label{};
  std::optional<Rgb> color{};
  double opacity = 0.25;
};

/// A line across the whole panel: horizontal at y = at, or vertical at x = at.
struct ReferenceLine {
  double at = 0;
  std::string label{};
  Rgb color = kFaint;
  double width_pt = 1;
  Dash dash = Dash::dashed;
};

/// Words at a place in data coordinates.
struct Text {
  double x = 0, y = 0;
  std::string text{};
  HAlign h = HAlign::left;
  VAlign v = VAlign::bottom;
  std::optional<double> size_pt{};  // automatic: as tick labels
  Rgb color = kInk;
};

/// Crosses, each with a short label placed where it covers no other cross or label.
struct Highlight {
  Values x{}, y{};                    // [N]
  std::vector<std::string> labels{};  // [N]; empty: 0, 1, 2, ...
  std::string label{};                // in the legend
  Rgb color = kInk;
  double size_pt = 7;
};

/// A matrix in colour. Column j lies at x = j, row i at y = i, unless x_range and y_range say
/// between which values the matrix reaches, edge to edge.
struct Heatmap {
  Image image{};
  ColorScale colors{};
  bool y_up = false;   // row 0 at the bottom (patterns); else at the top (matrices)
  bool square = true;  // equal scales on both axes
  std::optional<Range> x_range{}, y_range{};
  Categories row_strip{}, col_strip{};  // [rows], [cols] or empty: coloured beside the matrix
};

/// N images in a grid, each under its caption.
struct Montage {
  std::vector<Image> images{};          // [N], shapes may differ
  std::vector<std::string> captions{};  // [N] or empty
  std::vector<double> opacity{};        // [N] or empty: below 1 the image fades into the page
  ColorScale colors{};
  bool common_scale = true;  // else each image has its own limits, and there is no colour bar
  bool y_up = false;
  std::optional<std::size_t> columns{};  // automatic: the largest images
  double gap_pt = 6;
};

}  // namespace spi::plot
