// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/detector_figure.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "libspi/plot/ticks.h"

namespace spi {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool is_in_a_panel(const Detector& detector, std::size_t i) {
  return detector.correction[i] > 0 || detector.sx[i] != 0 || detector.sy[i] != 0;
}

plot::Range widened(plot::Range range, double value) {
  return {std::min(range.lo, value), std::max(range.hi, value)};
}

/// The next whole number, but for rounding errors of positions.
double whole_above(double value) { return std::ceil(value - 1e-6); }

/// The map without its cells: what the pixels cover, and how finely.
DetectorMap empty_map(const Detector& detector, std::size_t most_cells) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  plot::Range x{kInfinity, -kInfinity}, y = x;
  for (std::size_t i = 0; i < detector.pixels(); ++i) {
    if (!is_in_a_panel(detector, i)) continue;
    const auto at = detector.flat_position(i);
    x = widened(x, at[0]);
    y = widened(y, at[1]);
  }
  if (!(x.lo <= x.hi)) fail("the detector has no pixel that could be drawn");
  constexpr double kWidest = 1e9;
  const double span = 1 + std::max(x.hi - x.lo, y.hi - y.lo);
  if (!(span < kWidest)) fail("the detector's pixels lie ", span, " pixels apart: no drawing");
  DetectorMap map{.cell_px = whole_above(span / static_cast<double>(most_cells))};
  const auto cells = [&](const plot::Range& range) {
    return static_cast<std::size_t>(whole_above((range.hi - range.lo + 1) / map.cell_px));
  };
  map.columns = cells(x);
  map.rows = cells(y);
  map.x = {x.lo - 0.5, x.lo - 0.5 + map.cell_px * static_cast<double>(map.columns)};
  map.y = {y.lo - 0.5, y.lo - 0.5 + map.cell_px * static_cast<double>(map.rows)};
  map.use.assign(map.rows * map.columns, kNaN);
  map.correction.assign(map.rows * map.columns, kNaN);
  return map;
}

/// The column (row) of the cell that holds a coordinate.
std::size_t cell_of(double value, const plot::Range& range, double cell, std::size_t cells) {
  const double index = std::clamp((value - range.lo) / cell, 0.0, static_cast<double>(cells - 1));
  return static_cast<std::size_t>(index);
}

void bin_pixels(DetectorMap& map, const Detector& detector) {
  std::vector<std::uint32_t> count(map.use.size());
  for (std::size_t i = 0; i < detector.pixels(); ++i) {
    if (!is_in_a_panel(detector, i)) continue;
    const auto [x, y] = detector.flat_position(i);
    const std::size_t k = cell_of(y, map.y, map.cell_px, map.rows) * map.columns +
                          cell_of(x, map.x, map.cell_px, map.columns);
    const auto use = static_cast<double>(detector.use[i]);
    map.use[k] = count[k] == 0 ? use : std::max(map.use[k], use);
    map.correction[k] = (count[k] == 0 ? 0 : map.correction[k]) + detector.correction[i];
    ++count[k];
  }
  for (std::size_t k = 0; k < count.size(); ++k)
    if (count[k] > 0) map.correction[k] /= count[k];
}

/// Cells of one pixel that rounding left empty inside a panel: half a diagonal is the farthest that
/// a point can be from the nearest pixel centre of a square lattice, however turned. (Larger cells
/// always hold a pixel.)
void fill_holes(DetectorMap& map, const Detector& detector) {
  if (map.cell_px > 1) return;
  const double reach = std::numbers::sqrt2 / 2 + 1e-6;
  std::vector<double> nearest(map.use.size(), 0);  // 0: not to be filled
  for (std::size_t k = 0; k < nearest.size(); ++k)
    if (std::isnan(map.use[k])) nearest[k] = reach;
  for (std::size_t i = 0; i < detector.pixels(); ++i) {
    if (!is_in_a_panel(detector, i)) continue;
    const auto [x, y] = detector.flat_position(i);
    const std::size_t row = cell_of(y, map.y, 1, map.rows),
                      column = cell_of(x, map.x, 1, map.columns);
    for (std::size_t r = row - (row > 0); r <= std::min(row + 1, map.rows - 1); ++r)
      for (std::size_t c = column - (column > 0); c <= std::min(column + 1, map.columns - 1); ++c) {
        const std::size_t k = r * map.columns + c;
        const double distance = std::hypot(map.x.lo + static_cast<double>(c) + 0.5 - x,
                                           map.y.lo + static_cast<double>(r) + 0.5 - y);
        if (distance >= nearest[k]) continue;
        nearest[k] = distance;
        map.use[k] = static_cast<double>(detector.use[i]);
        map.correction[k] = detector.correction[i];
      }
  }
}

std::string grouped(std::size_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t i = digits.size(); i > 3;) digits.insert(i -= 3, " ");
  return digits;
}

/// Colours of good, ignored and bad pixels as positions in the colour map: far apart in lightness.
constexpr plot::ColorMap kUseColors = plot::ColorMap::viridis;
constexpr double kUsePosition[] = {0.65, 1, 0.1};

void draw_use(plot::Axes& axes, const Detector& detector, const DetectorMap& map) {
  std::vector<double> positions;
  for (const double use : map.use)
    positions.push_back(std::isnan(use) ? kNaN : kUsePosition[static_cast<std::size_t>(use)]);
  axes.heatmap({.image = plot::Image(map.rows, map.columns, std::span<const double>(positions)),
                .colors = {.map = kUseColors, .min = 0, .max = 1, .bar = false},
                .y_up = true,
                .x_range = map.x,
                .y_range = map.y});
  const char* const names[] = {"good", "ignored for the fit", "bad"};
  for (const PixelUse use : {PixelUse::good, PixelUse::ignore_for_fit, PixelUse::bad}) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < detector.pixels(); ++i)
      count += detector.use[i] == use && is_in_a_panel(detector, i);
    const auto k = static_cast<std::size_t>(use);
    axes.band({.label = std::string(names[k]) + ": " + grouped(count),
               .color = plot::color_at(kUseColors, kUsePosition[k]),
               .opacity = 1});
  }
}

void draw_correction(plot::Axes& axes, const DetectorMap& map) {
  axes.heatmap(
      {.image = plot::Image(map.rows, map.columns, std::span<const double>(map.correction)),
       .colors = {.map = plot::ColorMap::viridis,
                  .cut_percent = 0,
                  .label = "solid angle × polarisation (mean 1)"},
       .y_up = true,
       .x_range = map.x,
       .y_range = map.y});
}

/// Where on the ring its label lies within the panel: above the beam, or else around.
std::optional<plot::Point> label_place(double radius, const plot::Axes& axes) {
  for (const int degrees : {90, 0, 270, 180, 45, 315, 225, 135}) {
    const double angle = degrees * std::numbers::pi / 180;
    const plot::Point at{radius * std::cos(angle), radius * std::sin(angle)};
    if (at.x > *axes.x.min && at.x < *axes.x.max && at.y > *axes.y.min && at.y < *axes.y.max)
      return at;
  }
  return std::nullopt;
}

void draw_rings(plot::Axes& axes, const std::vector<QRing>& rings, const std::string& legend) {
  constexpr int kCorners = 360;
  for (const QRing& ring : rings) {
    const auto at = label_place(ring.radius_px, axes);
    if (!at) continue;
    plot::Line circle{.label = &ring == &rings.front() ? legend : "",
                      .color = plot::kInk,
                      .width_pt = 0.8,
                      .dash = plot::Dash::dashed};
    for (int k = 0; k <= kCorners; ++k) {
      const double angle = 2 * std::numbers::pi * k / kCorners;
      circle.x.push_back(ring.radius_px * std::cos(angle));
      circle.y.push_back(ring.radius_px * std::sin(angle));
    }
    axes.line(std::move(circle));
    axes.text({.x = at->x,
               .y = at->y,
               .text = ring.label,
               .h = plot::HAlign::center,
               .v = plot::VAlign::middle});
  }
}

}  // namespace

DetectorMap map_detector(const Detector& detector, std::size_t most_cells) {
  SPI_ASSERT(most_cells > 0);
  DetectorMap map = empty_map(detector, most_cells);
  bin_pixels(map, detector);
  fill_holes(map, detector);
  return map;
}

std::vector<QRing> q_rings(const Detector& detector) {
  constexpr int kRings = 5;
  const double wavelength = detector.wavelength_A.value_or(0);
  double largest = 0;  // q, or pixels
  for (std::size_t i = 0; i < detector.pixels(); ++i) {
    if (detector.use[i] == PixelUse::bad || !is_in_a_panel(detector, i)) continue;
    const auto [x, y] = detector.flat_position(i);
    const double s = std::hypot(detector.sx[i], detector.sy[i], detector.sz[i]);
    largest = std::max(largest, wavelength > 0 ? s / wavelength : std::hypot(x, y));
  }
  std::vector<QRing> rings;
  if (!(largest > 0)) return rings;
  const plot::Ticks ticks =
      plot::make_ticks(plot::Scale(plot::ScaleKind::linear, {0, largest}), kRings);
  for (const plot::Tick& tick : ticks.major) {
    if (!(tick.value > 0)) continue;
    const double two_theta = 2 * std::asin(std::min(1.0, tick.value * wavelength / 2));
    rings.push_back(
        {.radius_px = wavelength > 0 ? detector.distance_px * std::tan(two_theta) : tick.value,
         .label = tick.label + ticks.factor});
  }
  return rings;
}

plot::Figure detector_figure(const Detector& detector, const std::string& title) {
  constexpr std::size_t kMostCells = 600;  // about the pixels of a panel
  const DetectorMap map = map_detector(detector, kMostCells);
  const std::vector<QRing> rings = q_rings(detector);
  const std::string legend = detector.wavelength_A ? "q in 1/Å (q = 1/d)" : "pixels from the beam";
  plot::Figure figure({.width = 1060, .height = 420, .rows = 1, .cols = 2});
  for (const std::size_t panel : {0, 1}) {
    plot::Axes& axes = figure.axes(0, panel);
    axes.x = {.label = "x from the beam in pixels",
              .min = std::min(0.0, map.x.lo),
              .max = std::max(0.0, map.x.hi)};
    axes.y = {.label = "y (up) from the beam in pixels",
              .min = std::min(0.0, map.y.lo),
              .max = std::max(0.0, map.y.hi)};
    axes.title = panel == 0 ? title : "Correction";
    if (panel == 0)
      draw_use(axes, detector, map);
    else
      draw_correction(axes, map);
    draw_rings(axes, rings, panel == 0 ? legend : "");
    axes.highlight({.x = {0}, .y = {0}, .labels = {""}, .label = panel == 0 ? "beam" : ""});
  }
  return figure;
}

}  // namespace spi
