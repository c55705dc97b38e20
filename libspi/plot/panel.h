// SPDX-License-Identifier: GPL-3.0-or-later
// Lays out one panel around its box and draws it: what a figure, or a page of another room, is made
// of.
#pragma once

#include <vector>

#include "libspi/plot/axes.h"
#include "libspi/plot/canvas.h"
#include "libspi/plot/layer.h"
#include "libspi/plot/side_column.h"

namespace spi::plot {

/// Space around a box, in points.
struct Margins {
  double left = 0, right = 0, top = 0, bottom = 0;
};

class Panel {
 public:
  /// `axes` must outlive the panel; its share of the page is `cell_width` points wide.
  Panel(const Axes& axes, double font, double cell_width);

  /// What ticks, labels, title, colour bars and legend need around a box in a slot of such a size.
  Margins margins(Canvas& canvas, Size slot) const;

  /// Draws the box in the middle of `slot`, and the rest around it.
  void draw(Canvas& canvas, const Rect& slot) const;

 private:
  struct Layout;

  Layout layout(Canvas& canvas, const Rect& slot) const;
  View view_in(const Rect& slot) const;
  bool x_ticks_fit(Canvas& canvas, const View& view, const Ticks& ticks) const;
  void place_words(Canvas& canvas, Layout& layout) const;

  void draw_grid(Canvas& canvas, const Layout& layout) const;
  void draw_layers(Canvas& canvas, const Layout& layout) const;
  void draw_axes(Canvas& canvas, const Layout& layout) const;
  void draw_x_ticks(Canvas& canvas, const Layout& layout) const;
  void draw_y_ticks(Canvas& canvas, const Layout& layout) const;
  void draw_words(Canvas& canvas, const Layout& layout) const;
  void draw_inner_legend(Canvas& canvas, const Layout& layout) const;

  std::string note() const;
  double tick_font() const { return kTickFont * font_; }

  const Axes& axes_;
  double font_, cell_width_;
  Extent extent_;
  std::vector<ColorBar> bars_;
  std::vector<LegendEntry> entries_;
  Outset outset_;
  Layer::Frame frame_ = Layer::Frame::open;
};

}  // namespace spi::plot
