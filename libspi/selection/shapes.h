// SPDX-License-Identifier: GPL-3.0-or-later
// Regions of a landscape as they are written on the command line: intervals, polygons, neighbours.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libspi/base/options.h"

namespace spi {

/// NAME=LOW:HIGH, one of the bounds may be left out. Parsing throws a UserError where LOW > HIGH.
struct Interval {
  std::string column;
  std::optional<double> low = {}, high = {};
};

/// "x,y x,y x,y", or the name of a text file with a corner a line.
struct Polygon {
  std::vector<std::array<double, 2>> corners;  ///< at least 3, all finite
  std::string text;                            ///< as it was given
  bool is_file = false;
};

/// COUNT@x,y,... or COUNT@id=ID.
struct Nearest {
  std::size_t count = 0;
  std::vector<double> point = {};  ///< [D], or empty
  std::optional<std::uint64_t> id = {};
};

/// The corners in "x,y x,y x,y": numbers with blanks, semicolons or commas between them. A corner
/// that comes again next, or at the end, counts once. UserError where fewer than 3 remain.
std::vector<std::array<double, 2>> parse_polygon(const std::string& text);

template <>
struct Text<Interval> {
  static std::string type() { return "NAME=LOW:HIGH"; }
  static Interval parse(const std::string& text);
  static std::string print(const Interval& interval);
};
template <>
struct Text<Polygon> {
  static std::string type() { return "POLYGON"; }
  static Polygon parse(const std::string& text);
  static std::string print(const Polygon& polygon) { return polygon.text; }
};
template <>
struct Text<Nearest> {
  static std::string type() { return "COUNT@POINT"; }
  static Nearest parse(const std::string& text);
  static std::string print(const Nearest& nearest);
};

/// Rows that a rule takes; `unknown` of the others have no value (NaN) where it looks.
struct Taken {
  std::vector<bool> rows;  ///< [N]
  std::size_t unknown = 0;
};

/// low <= value <= high.
Taken inside(const std::vector<double>& values, const Interval& interval);

/// The values from the `low`th percentile to below the `high`th, of the finite ones: neighbouring
/// intervals share no row, and 100 takes in the largest. Percentiles between two values are
/// interpolated. UserError where no value is finite.
Taken within_percentiles(const std::vector<double>& values, const Interval& percentiles);

/// Points in the polygon, by the even-odd rule where it crosses itself, or on its outline.
Taken inside(std::span<const double> x, std::span<const double> y, const Polygon& polygon);

/// The `count` rows nearest to a point, by Euclid, the earlier row first among equals.
/// `axes` [D] of [N] values, `point` [D]. UserError where fewer rows have finite coordinates.
Taken nearest(const std::vector<std::span<const double>>& axes, const std::vector<double>& point,
              std::size_t count);

}  // namespace spi
