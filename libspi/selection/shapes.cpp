// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/shapes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "libspi/base/error.h"
#include "libspi/io/byte_file.h"

namespace spi {
namespace {

using Corner = std::array<double, 2>;

std::optional<double> parse_bound(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return parse_number(text);
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';'; }

/// The file's text without comments.
std::string read_corners(const std::filesystem::path& path) {
  const ByteFile file(path);
  std::string text;
  bool in_comment = false;
  for (const char c : file.read<char>(0, file.size())) {
    in_comment = c == '#' || (in_comment && c != '\n');
    if (!in_comment) text += c;
  }
  return text;
}

/// Twice the area of the triangle a, b, p: 0 where p lies on the line through a and b.
double turn(const Corner& a, const Corner& b, const Corner& p) {
  return (b[0] - a[0]) * (p[1] - a[1]) - (p[0] - a[0]) * (b[1] - a[1]);
}

bool is_inside(const std::vector<Corner>& corners, const Corner& p) {
  bool odd = false;
  for (std::size_t k = 0; k < corners.size(); ++k) {
    Corner a = corners[k], b = corners[(k + 1) % corners.size()];
    if (a[1] > b[1]) std::swap(a, b);
    if (p[1] < a[1] || p[1] > b[1]) continue;
    const double side = turn(a, b, p);
    const auto [left, right] = std::minmax(a[0], b[0]);
    if (side == 0 && p[0] >= left && p[0] <= right) return true;  // on the outline
    if (p[1] < b[1] && side > 0) odd = !odd;  // the ray to the right crosses this side
  }
  return odd;
}

/// The value below which `percent` of the sorted values lie.
double percentile(const std::vector<double>& sorted, double percent) {
  const double at = percent / 100 * double(sorted.size() - 1);
  const auto below = std::size_t(at), above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], at - double(below));
}

}  // namespace

std::vector<Corner> parse_polygon(const std::string& text) {
  std::vector<double> numbers;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::size_t(std::find_if(text.begin() + std::ptrdiff_t(start), text.end(),
                                              [](char c) { return is_blank(c) || c == ','; }) -
                                 text.begin());
    if (end > start) numbers.push_back(parse_number(text.substr(start, end - start)));
    start = end + 1;
  }
  if (numbers.size() % 2 != 0)
    fail("a polygon is written \"x,y x,y x,y\", but this has ", numbers.size(), " numbers");
  std::vector<Corner> corners;
  for (std::size_t k = 0; k < numbers.size(); k += 2) {
    const Corner corner{numbers[k], numbers[k + 1]};
    if (corners.empty() || corner != corners.back()) corners.push_back(corner);
  }
  if (corners.size() > 1 && corners.front() == corners.back()) corners.pop_back();
  if (corners.size() < 3)
    fail("a polygon needs at least 3 different corners, this has ", corners.size());
  return corners;
}

Interval Text<Interval>::parse(const std::string& text) {
  const auto equals = text.find('='), colon = text.find(':', equals == text.npos ? 0 : equals);
  if (equals == text.npos || equals == 0 || colon == text.npos)
    fail("'", text, "' is not NAME=LOW:HIGH");
  Interval interval{.column = text.substr(0, equals)};
  interval.low = parse_bound(text.substr(equals + 1, colon - equals - 1));
  interval.high = parse_bound(text.substr(colon + 1));
  if (!interval.low && !interval.high) fail("'", text, "' has no bound");
  if (interval.low && interval.high && *interval.low > *interval.high)
    fail("'", text, "' holds nothing: ", *interval.low, " is above ", *interval.high);
  return interval;
}

std::string Text<Interval>::print(const Interval& interval) {
  return interval.column + "=" + (interval.low ? print_number(*interval.low) : "") + ":" +
         (interval.high ? print_number(*interval.high) : "");
}

Polygon Text<Polygon>::parse(const std::string& text) {
  std::error_code ignored;
  Polygon polygon{.corners = {}, .text = text};
  polygon.is_file = std::filesystem::is_regular_file(text, ignored);
  polygon.corners = polygon.is_file
                        ? with_context("reading the polygon in " + text,
                                       [&] { return parse_polygon(read_corners(text)); })
                        : parse_polygon(text);
  return polygon;
}

Nearest Text<Nearest>::parse(const std::string& text) {
  const auto at = text.find('@');
  if (at == text.npos) fail("'", text, "' is not COUNT@x,y,... or COUNT@id=ID");
  Nearest nearest{.count = Text<std::size_t>::parse(text.substr(0, at))};
  const std::string place = text.substr(at + 1);
  if (nearest.count == 0) fail("'", text, "' asks for none");
  if (place.starts_with("id="))
    nearest.id = Text<std::uint64_t>::parse(place.substr(3));
  else
    nearest.point = Text<std::vector<double>>::parse(place);
  if (!nearest.id && nearest.point.empty()) fail("'", text, "' names no point");
  return nearest;
}

std::string Text<Nearest>::print(const Nearest& nearest) {
  return text_of(nearest.count, "@") + (nearest.id
                                            ? text_of("id=", *nearest.id)
                                            : Text<std::vector<double>>::print(nearest.point));
}

Taken inside(const std::vector<double>& values, const Interval& interval) {
  Taken taken{std::vector<bool>(values.size())};
  for (std::size_t i = 0; i < values.size(); ++i) {
    taken.rows[i] = (!interval.low || values[i] >= *interval.low) &&
                    (!interval.high || values[i] <= *interval.high);
    taken.unknown += std::isnan(values[i]);
  }
  return taken;
}

Taken within_percentiles(const std::vector<double>& values, const Interval& percentiles) {
  std::vector<double> sorted;
  std::ranges::copy_if(values, std::back_inserter(sorted),
                       [](double v) { return std::isfinite(v); });
  if (sorted.empty()) fail("the column '", percentiles.column, "' has no finite value");
  std::ranges::sort(sorted);
  const double high_percent = percentiles.high.value_or(100);
  const double low = percentile(sorted, percentiles.low.value_or(0));
  const double high = percentile(sorted, high_percent);
  Taken taken{std::vector<bool>(values.size())};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      ++taken.unknown;
      continue;
    }
    taken.rows[i] = values[i] >= low && (values[i] < high || high_percent == 100);
  }
  return taken;
}

Taken inside(std::span<const double> x, std::span<const double> y, const Polygon& polygon) {
  SPI_ASSERT(x.size() == y.size());
  Taken taken{std::vector<bool>(x.size())};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bool known = std::isfinite(x[i]) && std::isfinite(y[i]);
    taken.rows[i] = known && is_inside(polygon.corners, {x[i], y[i]});
    taken.unknown += !known;
  }
  return taken;
}

Taken nearest(const std::vector<std::span<const double>>& axes, const std::vector<double>& point,
              std::size_t count) {
  SPI_ASSERT(!axes.empty() && axes.size() == point.size());
  const std::size_t rows = axes.front().size();
  std::vector<std::pair<double, std::size_t>> distance;  // and row
  for (std::size_t i = 0; i < rows; ++i) {
    double sum = 0;
    for (std::size_t d = 0; d < axes.size(); ++d) sum += std::pow(axes[d][i] - point[d], 2);
    if (std::isfinite(sum)) distance.emplace_back(sum, i);
  }
  if (distance.size() < count)
    fail("--nearest asks for ", count, " rows, only ", distance.size(), " have coordinates");
  std::ranges::nth_element(distance, distance.begin() + std::ptrdiff_t(count) - 1);
  Taken taken{std::vector<bool>(rows), rows - distance.size()};
  for (std::size_t k = 0; k < count; ++k) taken.rows[distance[k].second] = true;
  return taken;
}

}  // namespace spi
