// SPDX-License-Identifier: GPL-3.0-or-later
// Colour bars with ticks, and the legend beside them.
#include "libspi/plot/side_column.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace spi::plot {
namespace {

constexpr double kGap = 9, kBarWidth = 9, kTick = 3, kTickGap = 2, kLabelGap = 3;
constexpr double kTip = 6;  // of a bar whose limits cut values off
constexpr int kShades = 256;
constexpr double kIntervalHeight = 32;

}  // namespace

SideColumn::SideColumn(Canvas& canvas, std::span<const ColorBar> bars,
                       std::span<const LegendEntry> entries, double height, double legend_width,
                       double font)
    : height_(height),
      font_(font),
      tick_font_(kTickFont * font),
      legend_(canvas, entries, {legend_width, height}, tick_font_) {
  for (const ColorBar& bar : bars) {
    bars_.push_back(laid_out(canvas, bar));
    width_ += kGap + bars_.back().width;
  }
  if (!legend_.empty()) width_ += kGap + legend_.size().width;
}

SideColumn::Bar SideColumn::laid_out(Canvas& canvas, const ColorBar& bar) const {
  const int intervals = std::clamp(static_cast<int>(height_ / kIntervalHeight), 1, 6);
  Bar result{bar, make_ticks(bar.mapping.scale(), intervals),
             canvas.wrapped(bar.label, font_, height_), 0, 0};
  for (const Tick& tick : result.ticks.major)
    result.ticks_width =
        std::max(result.ticks_width, canvas.text_size(tick.label, tick_font_).width);
  const double label = result.label.lines.empty() ? 0 : kLabelGap + result.label.height();
  const double factor = canvas.text_size(result.ticks.factor, tick_font_).width;
  result.width = std::max(kBarWidth + kTick + kTickGap + result.ticks_width + label, factor);
  return result;
}

void SideColumn::draw(Canvas& canvas, Point top_left) const {
  double x = top_left.x;
  for (const Bar& bar : bars_) {
    draw_bar(canvas, bar, {x + kGap, top_left.y});
    x += kGap + bar.width;
  }
  legend_.draw(canvas, {x + kGap, top_left.y});
}

void SideColumn::draw_bar(Canvas& canvas, const Bar& bar, Point top_left) const {
  const ColorMapping& mapping = bar.bar.mapping;
  const double above = mapping.values_above() ? kTip : 0, below = mapping.values_below() ? kTip : 0;
  const Rect r{top_left.x, top_left.y + above, kBarWidth, std::max(1.0, height_ - above - below)};
  const Point tip_above{r.center().x, r.y - above}, tip_below{r.center().x, r.bottom() + below};
  const std::array corners{Point{r.x, r.y},
                           tip_above,
                           Point{r.right(), r.y},
                           Point{r.right(), r.bottom()},
                           tip_below,
                           Point{r.x, r.bottom()},
                           Point{r.x, r.y}};
  const Point middle = r.center();  // the gradient covers the tips' inner parts: no seam
  canvas.polygon(std::array{corners[0], corners[1], corners[2], middle},
                 color_at(mapping.map(), 1));
  canvas.polygon(std::array{corners[3], corners[4], corners[5], middle},
                 color_at(mapping.map(), 0));
  draw_gradient(canvas, mapping, r);
  canvas.polyline(corners, {.width = 0.6});
  const auto y_of = [&](double value) {
    return r.bottom() - mapping.scale().unit(value) * r.height;
  };
  for (const double value : bar.ticks.minor)
    canvas.line({r.right(), y_of(value)}, {r.right() + kTick / 2, y_of(value)}, {.width = 0.5});
  for (const Tick& tick : bar.ticks.major) {
    const double y = y_of(tick.value);
    canvas.line({r.right(), y}, {r.right() + kTick, y}, {.width = 0.7});
    canvas.text({r.right() + kTick + kTickGap, y}, tick.label,
                {.size = tick_font_, .v = VAlign::middle});
  }
  canvas.text({r.x, top_left.y - 3}, bar.ticks.factor, {.size = tick_font_});
  const double label_x = r.right() + kTick + kTickGap + bar.ticks_width + kLabelGap;
  canvas.text({label_x, top_left.y + height_ / 2}, bar.label,
              {.h = HAlign::center, .v = VAlign::top, .upwards = true});
}

void SideColumn::draw_gradient(Canvas& canvas, const ColorMapping& mapping,
                               const Rect& where) const {
  Pixels shades{.width = 1, .height = kShades, .rgb = {}};
  for (int i = 0; i < kShades; ++i)
    shades.rgb.push_back(packed(color_at(mapping.map(), 1 - (i + 0.5) / kShades)));
  canvas.image(where, shades);
}

}  // namespace spi::plot
