// SPDX-License-Identifier: GPL-3.0-or-later
// What stands to the right of a panel's box: colour bars, then the legend. Internal.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "libspi/plot/canvas.h"
#include "libspi/plot/layer.h"
#include "libspi/plot/legend.h"
#include "libspi/plot/ticks.h"

namespace spi::plot {

class SideColumn {
 public:
  /// Laid out for a box of `height`; the legend takes at most `legend_width`.
  SideColumn(Canvas& canvas, std::span<const ColorBar> bars, std::span<const LegendEntry> entries,
             double height, double legend_width, double font);

  /// 0 where there is nothing to show; else with the gap to the box.
  double width() const { return width_; }
  void draw(Canvas& canvas, Point top_left) const;

 private:
  struct Bar {
    ColorBar bar;
    Ticks ticks;
    TextBlock label;
    double ticks_width, width;
  };
  Bar laid_out(Canvas& canvas, const ColorBar& bar) const;
  void draw_bar(Canvas& canvas, const Bar& bar, Point top_left) const;
  void draw_gradient(Canvas& canvas, const ColorMapping& mapping, const Rect& where) const;

  double height_, font_, tick_font_;
  std::vector<Bar> bars_;
  Legend legend_;
  double width_ = 0;
};

}  // namespace spi::plot
