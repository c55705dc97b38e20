// SPDX-License-Identifier: GPL-3.0-or-later
// The drawing surface of this room and of whoever lays out pages of their own: Cairo behind points,
// pens and words.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "libspi/plot/color.h"
#include "libspi/plot/pixels.h"
#include "libspi/plot/style.h"

typedef struct _cairo cairo_t;  // keeps Cairo out of our headers
typedef struct _cairo_surface cairo_surface_t;

namespace spi::plot {

/// Lengths in points (1/72 inch), y downwards, as everywhere on a canvas.
struct Size {
  double width = 0, height = 0;
};

struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
  Point center() const { return {x + width / 2, y + height / 2}; }
};

struct Pen {
  Rgb color = kInk;
  double width = 0.8;
  double opacity = 1;
  Dash dash = Dash::solid;
};

struct TextStyle {
  double size = 9;
  HAlign h = HAlign::left;
  VAlign v = VAlign::baseline;
  Rgb color = kInk;
  bool upwards = false;  // turned by a quarter, to be read from below
  bool halo = false;     // a white rim, for words on top of data
};

/// Lines of one size set below each other.
struct TextBlock {
  std::vector<std::string> lines;
  double size = 9;   // of the letters
  double width = 0;  // of the longest line
  double height() const;
};

class Canvas {
 public:
  /// Draws on `surface`, `pixels_per_point` device units to a point. `vector`: SVG or PDF.
  Canvas(cairo_surface_t* surface, double pixels_per_point, bool vector);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  /// The resolution at which images and layers of many points are worth drawing.
  double raster_pixels_per_point() const;
  bool is_vector() const { return vector_; }

  /// What went wrong since the start, in Cairo's words; nullptr where nothing did.
  const char* error() const;

  /// A NaN coordinate interrupts the line.
  void polyline(std::span<const Point> points, const Pen& pen);
  void line(Point a, Point b, const Pen& pen);
  void polygon(std::span<const Point> points, Rgb fill, double opacity = 1);
  void rectangle(const Rect& r, Rgb fill, double opacity = 1);
  void outline(const Rect& r, const Pen& pen);
  /// A filled symbol; `rim` draws a thin white edge around it.
  void marker(Marker shape, Point at, double diameter, Rgb fill, double opacity, bool rim);
  void cross(Point at, double diameter, const Pen& pen);
  /// Every pixel becomes a sharp rectangle.
  void image(const Rect& where, const Pixels& pixels);

  /// Bytes that are not UTF-8 print as "?".
  Size text_size(const std::string& text, double size);
  void text(Point at, const std::string& text, const TextStyle& style);
  /// `word`, or its beginning and "…" where it is wider than `max_width`.
  std::string cut_to(const std::string& word, double size, double max_width);
  /// Breaks `text` at spaces (and at \n) so that no line is wider than `max_width`; a longer word
  /// is cut.
  TextBlock wrapped(const std::string& text, double size, double max_width);
  /// `at` is where the block's edges chosen by style.h and style.v meet; style.size is ignored.
  void text(Point at, const TextBlock& block, TextStyle style);

  /// Runs `draw` so that nothing outside `r` is touched.
  void clipped(const Rect& r, const std::function<void()>& draw);
  /// Draws through `draw` on a transparent bitmap that is then placed at `r`.
  void rasterized(const Rect& r, const std::function<void(Canvas&)>& draw);

 private:
  void trace(std::span<const Point> points);
  void stroke(const Pen& pen);
  void fill(Rgb color, double opacity);
  void select_size(double size);

  cairo_t* cr_;
  double pixels_per_point_;
  bool vector_;
};

}  // namespace spi::plot
