// SPDX-License-Identifier: GPL-3.0-or-later
// A legend laid out in columns for the room there is. Internal.
#pragma once

#include <span>
#include <vector>

#include "libspi/plot/canvas.h"
#include "libspi/plot/layer.h"

namespace spi::plot {

class Legend {
 public:
  /// Entries that do not fit into `room` are replaced by one that says how many they are.
  Legend(Canvas& canvas, std::span<const LegendEntry> entries, Size room, double font);

  bool empty() const { return items_.empty(); }
  Size size() const { return size_; }
  void draw(Canvas& canvas, Point top_left) const;

 private:
  struct Item {
    LegendEntry entry;
    TextBlock text;
    Point at;  // relative to the legend's top left
  };
  /// Sets the items' places; false where they do not fit.
  bool place(Size room);
  void draw_swatch(Canvas& canvas, const LegendEntry& entry, Point center) const;

  double font_;
  std::vector<Item> items_;
  Size size_;
};

/// Draws the legend in the corner of `box` that covers the fewest of `points` (canvas coordinates).
void draw_in_corner(Canvas& canvas, const Legend& legend, const Rect& box,
                    std::span<const Point> points);

}  // namespace spi::plot
