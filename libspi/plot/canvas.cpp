// SPDX-License-Identifier: GPL-3.0-or-later
// Cairo calls. Text is always DejaVu Sans where it is installed: it has Å⁻¹, ², μ, and gives the
// same picture on every machine.
#include "libspi/plot/canvas.h"

#include <cairo.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <numbers>

namespace spi::plot {
namespace {

constexpr const char* kFont = "DejaVu Sans";
constexpr double kAscent = 0.93, kDescent = 0.24;  // of the letter size
constexpr double kLineHeight = kAscent + kDescent;
constexpr double kMiddle = 0.36;  // half the height of a digit
constexpr double kVectorPixelsPerPoint = 300.0 / 72;
constexpr double kRim = 0.4;

using SurfacePtr = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;

SurfacePtr new_bitmap(cairo_format_t format, int width, int height) {
  return {cairo_image_surface_create(format, width, height), cairo_surface_destroy};
}

SurfacePtr bitmap_of(const Pixels& pixels) {
  SurfacePtr surface = new_bitmap(CAIRO_FORMAT_RGB24, pixels.width, pixels.height);
  unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int row = 0; data && row < pixels.height; ++row)
    std::memcpy(data + static_cast<std::ptrdiff_t>(row) * stride,
                pixels.rgb.data() + static_cast<std::ptrdiff_t>(row) * pixels.width,
                sizeof(std::uint32_t) * pixels.width);
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

/// Corners on a circle of radius 1; scaled so that all symbols look equally large.
std::span<const Point> corners(Marker shape) {
  static constexpr std::array<Point, 4> kSquare{
      {{-.86, -.86}, {.86, -.86}, {.86, .86}, {-.86, .86}}};
  static constexpr std::array<Point, 4> kDiamond{{{0, -1.2}, {1.2, 0}, {0, 1.2}, {-1.2, 0}}};
  static constexpr std::array<Point, 3> kUp{{{0, -1.2}, {1.13, .8}, {-1.13, .8}}};
  static constexpr std::array<Point, 3> kDown{{{0, 1.2}, {1.13, -.8}, {-1.13, -.8}}};
  switch (shape) {
    case Marker::square:
      return kSquare;
    case Marker::diamond:
      return kDiamond;
    case Marker::triangle:
      return kUp;
    case Marker::triangle_down:
      return kDown;
    case Marker::circle:
      break;
  }
  return {};
}

double left_of_anchor(HAlign align, double width) {
  return align == HAlign::left ? 0 : align == HAlign::center ? width / 2 : width;
}

/// How far the baseline lies under the anchor.
double baseline_offset(VAlign align, double size) {
  switch (align) {
    case VAlign::top:
      return kAscent * size;
    case VAlign::middle:
      return kMiddle * size;
    case VAlign::bottom:
      return -kDescent * size;
    case VAlign::baseline:
      break;
  }
  return 0;
}

bool continues_letter(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Length of the UTF-8 letter that begins at `i`; 0 where none does.
std::size_t letter_length(const std::string& text, std::size_t i) {
  const auto c = static_cast<unsigned char>(text[i]);
  if (c == 0) return 0;
  const std::size_t length = c < 0x80   ? 1
                             : c < 0xC2 ? 0
                             : c < 0xE0 ? 2
                             : c < 0xF0 ? 3
                             : c < 0xF5 ? 4
                                        : 0;
  if (i + length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if (!continues_letter(text[i + k])) return 0;
  const auto second = static_cast<unsigned char>(length > 2 ? text[i + 1] : 0x90);
  const bool overlong = (c == 0xE0 && second < 0xA0) || (c == 0xF0 && second < 0x90);
  const bool beyond = (c == 0xED && second > 0x9F) || (c == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : length;
}

/// Cairo stops drawing for good at a byte that is not UTF-8: such bytes become "?".
std::string as_utf8(const std::string& text) {
  std::string valid;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = letter_length(text, i);
    valid += length ? text.substr(i, length) : "?";
    i += std::max<std::size_t>(length, 1);
  }
  return valid;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

}  // namespace

double TextBlock::height() const { return static_cast<double>(lines.size()) * size * kLineHeight; }

Canvas::Canvas(cairo_surface_t* surface, double pixels_per_point, bool vector)
    : cr_(cairo_create(surface)), pixels_per_point_(pixels_per_point), vector_(vector) {
  cairo_scale(cr_, pixels_per_point, pixels_per_point);
  cairo_set_line_join(cr_, CAIRO_LINE_JOIN_ROUND);
  cairo_select_font_face(cr_, kFont, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);  // one layout at every dpi
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(cr_, options);
  cairo_font_options_destroy(options);
}

Canvas::~Canvas() { cairo_destroy(cr_); }

double Canvas::raster_pixels_per_point() const {
  return vector_ ? kVectorPixelsPerPoint : pixels_per_point_;
}

const char* Canvas::error() const {
  const cairo_status_t status = cairo_status(cr_);
  return status == CAIRO_STATUS_SUCCESS ? nullptr : cairo_status_to_string(status);
}

void Canvas::trace(std::span<const Point> points) {
  cairo_new_path(cr_);
  bool drawing = false;
  for (const Point& p : points) {
    const bool place = std::isfinite(p.x) && std::isfinite(p.y);
    if (place && drawing) cairo_line_to(cr_, p.x, p.y);
    if (place && !drawing) cairo_move_to(cr_, p.x, p.y);
    drawing = place;
  }
}

void Canvas::stroke(const Pen& pen) {
  const std::array<double, 2> dashed{4 * pen.width, 2.5 * pen.width};
  const std::array<double, 2> dotted{pen.width, 2 * pen.width};
  const double* dashes = pen.dash == Dash::dotted ? dotted.data() : dashed.data();
  cairo_set_dash(cr_, dashes, pen.dash == Dash::solid ? 0 : 2, 0);
  cairo_set_line_width(cr_, pen.width);
  cairo_set_source_rgba(cr_, pen.color.r, pen.color.g, pen.color.b, pen.opacity);
  cairo_stroke(cr_);
}

void Canvas::fill(Rgb color, double opacity) {
  cairo_set_source_rgba(cr_, color.r, color.g, color.b, opacity);
  cairo_fill(cr_);
}

void Canvas::polyline(std::span<const Point> points, const Pen& pen) {
  trace(points);
  stroke(pen);
}

void Canvas::line(Point a, Point b, const Pen& pen) { polyline(std::array{a, b}, pen); }

void Canvas::polygon(std::span<const Point> points, Rgb color, double opacity) {
  trace(points);
  cairo_close_path(cr_);
  fill(color, opacity);
}

void Canvas::rectangle(const Rect& r, Rgb color, double opacity) {
  cairo_new_path(cr_);
  cairo_rectangle(cr_, r.x, r.y, r.width, r.height);
  fill(color, opacity);
}

void Canvas::outline(const Rect& r, const Pen& pen) {
  cairo_new_path(cr_);
  cairo_rectangle(cr_, r.x, r.y, r.width, r.height);
  stroke(pen);
}

void Canvas::marker(Marker shape, Point at, double diameter, Rgb color, double opacity, bool rim) {
  const double radius = diameter / 2;
  cairo_new_path(cr_);
  if (shape == Marker::circle) cairo_arc(cr_, at.x, at.y, radius, 0, 2 * std::numbers::pi);
  for (const Point& c : corners(shape))
    cairo_line_to(cr_, at.x + radius * c.x, at.y + radius * c.y);
  cairo_close_path(cr_);
  cairo_set_source_rgba(cr_, color.r, color.g, color.b, opacity);
  if (!rim) return cairo_fill(cr_);
  cairo_fill_preserve(cr_);
  stroke({.color = {1, 1, 1}, .width = kRim, .opacity = opacity});
}

void Canvas::cross(Point at, double diameter, const Pen& pen) {
  const double r = diameter / 2;
  line({at.x - r, at.y - r}, {at.x + r, at.y + r}, pen);
  line({at.x - r, at.y + r}, {at.x + r, at.y - r}, pen);
}

void Canvas::image(const Rect& where, const Pixels& pixels) {
  if (!(where.width > 0 && where.height > 0)) return;  // no room: Cairo has no such scale
  const SurfacePtr bitmap = bitmap_of(pixels);
  cairo_save(cr_);
  cairo_translate(cr_, where.x, where.y);
  cairo_scale(cr_, where.width / pixels.width, where.height / pixels.height);
  cairo_set_source_surface(cr_, bitmap.get(), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(cr_), CAIRO_FILTER_NEAREST);
  cairo_rectangle(cr_, 0, 0, pixels.width, pixels.height);
  cairo_fill(cr_);
  cairo_restore(cr_);
}

void Canvas::select_size(double size) { cairo_set_font_size(cr_, size); }

Size Canvas::text_size(const std::string& text, double size) {
  select_size(size);
  cairo_text_extents_t extents;
  cairo_text_extents(cr_, as_utf8(text).c_str(), &extents);
  return {extents.x_advance, kLineHeight * size};
}

void Canvas::text(Point at, const std::string& text, const TextStyle& style) {
  const double left = left_of_anchor(style.h, text_size(text, style.size).width);
  cairo_save(cr_);
  cairo_translate(cr_, at.x, at.y);
  if (style.upwards) cairo_rotate(cr_, -std::numbers::pi / 2);
  const std::string valid = as_utf8(text);
  const double x = -left, y = baseline_offset(style.v, style.size);
  if (style.halo) {
    cairo_move_to(cr_, x, y);
    cairo_text_path(cr_, valid.c_str());
    stroke({.color = {1, 1, 1}, .width = 0.22 * style.size, .opacity = 0.9});
  }
  cairo_set_source_rgb(cr_, style.color.r, style.color.g, style.color.b);
  cairo_move_to(cr_, x, y);
  cairo_show_text(cr_, valid.c_str());
  cairo_restore(cr_);
}

std::string Canvas::cut_to(const std::string& word, double size, double max_width) {
  if (text_size(word, size).width <= max_width) return word;
  std::string kept = word;
  while (!kept.empty() && text_size(kept + "…", size).width > max_width) {
    while (kept.size() > 1 && continues_letter(kept.back()))
      kept.pop_back();  // a whole UTF-8 letter
    kept.pop_back();
  }
  return kept + "…";
}

TextBlock Canvas::wrapped(const std::string& text, double size, double max_width) {
  TextBlock block{.lines = {}, .size = size};
  if (text.empty()) return block;
  for (const std::string& paragraph : split(text, '\n')) {
    std::string line;
    for (const std::string& word : split(paragraph, ' ')) {
      const std::string longer = line.empty() ? word : line + " " + word;
      const bool fits = line.empty() || text_size(longer, size).width <= max_width;
      if (!fits) block.lines.push_back(cut_to(line, size, max_width));
      line = fits ? longer : word;
    }
    block.lines.push_back(cut_to(line, size, max_width));
  }
  for (const std::string& line : block.lines)
    block.width = std::max(block.width, text_size(line, size).width);
  return block;
}

void Canvas::text(Point at, const TextBlock& block, TextStyle style) {
  style.size = block.size;
  const double first = style.v == VAlign::top      ? 0
                       : style.v == VAlign::middle ? -block.height() / 2
                                                   : -block.height();
  style.v = VAlign::top;
  for (std::size_t i = 0; i < block.lines.size(); ++i) {
    const double down = first + static_cast<double>(i) * kLineHeight * block.size;
    const Point start = style.upwards ? Point{at.x + down, at.y} : Point{at.x, at.y + down};
    text(start, block.lines[i], style);
  }
}

void Canvas::clipped(const Rect& r, const std::function<void()>& draw) {
  cairo_save(cr_);
  cairo_rectangle(cr_, r.x, r.y, r.width, r.height);
  cairo_clip(cr_);
  draw();
  cairo_restore(cr_);
}

void Canvas::rasterized(const Rect& r, const std::function<void(Canvas&)>& draw) {
  const double scale = raster_pixels_per_point();
  const SurfacePtr bitmap =
      new_bitmap(CAIRO_FORMAT_ARGB32, static_cast<int>(std::ceil(r.width * scale)),
                 static_cast<int>(std::ceil(r.height * scale)));
  cairo_surface_set_device_offset(bitmap.get(), -r.x * scale, -r.y * scale);
  {
    Canvas inner(bitmap.get(), scale, false);
    draw(inner);
  }
  cairo_surface_set_device_offset(bitmap.get(), 0, 0);
  cairo_save(cr_);
  cairo_translate(cr_, r.x, r.y);
  cairo_scale(cr_, 1 / scale, 1 / scale);
  cairo_set_source_surface(cr_, bitmap.get(), 0, 0);
  cairo_paint(cr_);
  cairo_restore(cr_);
}

}  // namespace spi::plot
