// SPDX-License-Identifier: GPL-3.0-or-later
// A layer: one series as the panel sees it. Internal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libspi/plot/canvas.h"
#include "libspi/plot/scale.h"
#include "libspi/plot/series.h"

namespace spi::plot {

/// From data coordinates to points on the canvas.
struct View {
  Scale x, y;
  Rect box;
  bool x_reversed = false, y_reversed = false;
  double font = 9;  // letter size of axis labels

  double tick_font() const { return kTickFont * font; }
  double to_x(double value) const;
  double to_y(double value) const;
  /// NaN coordinates where the value cannot be shown.
  Point operator()(Point p) const { return {to_x(p.x), to_y(p.y)}; }
};

struct LegendEntry {
  enum class Swatch { marker, line, patch, cross };
  std::string label;
  Swatch swatch = Swatch::marker;
  Rgb color{};
  double opacity = 1;
  Marker marker = Marker::circle;
  Dash dash = Dash::solid;
};

struct ColorBar {
  ColorMapping mapping;
  std::string label;
};

/// Space that a layer wants outside the box, in points.
struct Outset {
  double right = 0, top = 0;
};

class Layer {
 public:
  virtual ~Layer() = default;
  /// Adds the layer's data to what the axes must show.
  virtual void cover(Extent&) const {}
  virtual void draw(Canvas& canvas, const View& view) const = 0;  // nothing outside view.box shows
  virtual void draw_outside(Canvas&, const View&) const {}        // within outset()
  virtual void add_legend(std::vector<LegendEntry>&) const {}
  virtual std::optional<ColorBar> color_bar() const { return {}; }
  virtual Outset outset() const { return {}; }
  /// Axes are drawn all around an image, and not at all around a montage.
  enum class Frame { open, closed, none };  // of several layers the greatest rules
  virtual Frame frame() const { return Frame::open; }
};

using LayerPtr = std::shared_ptr<const Layer>;

enum class Direction { horizontal, vertical };

LayerPtr make_layer(Scatter series);
LayerPtr make_layer(Line series);
LayerPtr make_layer(Bars series);
LayerPtr make_layer(Band series);
LayerPtr make_layer(const ReferenceLine& line, Direction direction);
LayerPtr make_layer(Text text);
LayerPtr make_layer(Highlight series);
LayerPtr make_layer(Heatmap series);
LayerPtr make_layer(Montage series);

/// One marker entry "name (count)" for each category, and one for points of none.
void add_category_entries(const Categories& categories, LegendEntry::Swatch swatch,
                          std::vector<LegendEntry>& entries);

/// The colour of a category index, negative for none.
Rgb color_of_category(int category);

}  // namespace spi::plot
