// SPDX-License-Identifier: GPL-3.0-or-later
// Scatter plots with error ellipses, and highlighted points.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"  // for SPI_ASSERT
#include "libspi/plot/layer.h"

namespace spi::plot {
namespace {

constexpr std::size_t kRasterPoints = 20000;  // more would make a vector file unusable
constexpr double kRimFrom = 3.5;              // points at least so large get a white rim
constexpr int kEllipseCorners = 48;

double automatic_size(std::size_t n) {
  return std::clamp(5.5 * std::pow(static_cast<double>(n) / 100, -0.22), 1.2, 5.5);
}

double automatic_opacity(std::size_t n) {
  return std::clamp(0.9 * std::pow(static_cast<double>(n) / 200, -0.15), 0.3, 0.9);
}

/// Corner k of the 1-sigma ellipse around `center`: center + L (cos, sin), with L Lᵀ = covariance.
Point ellipse_corner(Point center, const Covariance& c, int k) {
  const double angle = 2 * std::numbers::pi * k / kEllipseCorners;
  const double l11 = std::sqrt(std::max(0.0, c.xx));
  const double l21 = l11 > 0 ? c.xy / l11 : 0;
  const double l22 = std::sqrt(std::max(0.0, c.yy - l21 * l21));
  return {center.x + l11 * std::cos(angle),
          center.y + l21 * std::cos(angle) + l22 * std::sin(angle)};
}

class ScatterLayer : public Layer {
 public:
  explicit ScatterLayer(Scatter series)
      : s_(std::move(series)),
        mapping_(s_.colors, s_.value),
        size_(s_.size_pt.value_or(automatic_size(s_.x.size()))),
        opacity_(s_.opacity.value_or(automatic_opacity(s_.x.size()))) {
    const auto fits = [&](std::size_t n) { return n == 0 || n == s_.x.size(); };
    SPI_ASSERT(s_.y.size() == s_.x.size() && fits(s_.category.of.size()) && fits(s_.value.size()) &&
               fits(s_.covariance.size()));
  }

  void cover(Extent& extent) const override {
    for (std::size_t i = 0; i < s_.x.size(); ++i) extent.add(point(i));
    for (std::size_t i = 0; i < s_.covariance.size(); ++i)
      for (int k = 0; k < kEllipseCorners; ++k)
        extent.grow(ellipse_corner(point(i), s_.covariance[i], k));
  }

  void draw(Canvas& canvas, const View& view) const override {
    if (canvas.is_vector() && s_.x.size() > kRasterPoints)
      canvas.rasterized(view.box, [&](Canvas& inner) { draw_points(inner, view); });
    else
      draw_points(canvas, view);
  }

  void add_legend(std::vector<LegendEntry>& entries) const override {
    if (by_category())
      add_category_entries(s_.category, LegendEntry::Swatch::marker, entries);
    else if (!s_.label.empty())
      entries.push_back({.label = s_.label, .color = s_.color.value_or(kInk)});
  }

  std::optional<ColorBar> color_bar() const override {
    if (by_category() || s_.value.empty() || !s_.colors.bar) return {};
    return ColorBar{mapping_, s_.colors.label};
  }

 private:
  bool by_category() const { return !s_.category.of.empty(); }
  bool without_category(std::size_t i) const { return by_category() && s_.category.of[i] < 0; }
  Point point(std::size_t i) const { return {s_.x[i], s_.y[i]}; }

  Rgb color(std::size_t i) const {
    if (by_category()) return color_of_category(s_.category.of[i]);
    return s_.value.empty() ? s_.color.value_or(kInk) : mapping_(s_.value[i]);
  }

  Marker marker(std::size_t i) const {
    return by_category() && s_.category.of[i] >= 0 ? category_marker(s_.category.of[i])
                                                   : Marker::circle;
  }

  void draw_points(Canvas& canvas, const View& view) const {
    for (std::size_t i = 0; i < s_.covariance.size(); ++i) draw_ellipse(canvas, view, i);
    for (const bool background : {true, false})  // points of no category lie under the others
      for (std::size_t i = 0; i < s_.x.size(); ++i)
        if (without_category(i) == background) draw_point(canvas, view(point(i)), i);
  }

  void draw_point(Canvas& canvas, Point at, std::size_t i) const {
    if (!std::isfinite(at.x) || !std::isfinite(at.y)) return;
    canvas.marker(marker(i), at, size_, color(i), opacity_, size_ >= kRimFrom);
  }

  void draw_ellipse(Canvas& canvas, const View& view, std::size_t i) const {
    std::array<Point, kEllipseCorners + 1> corners;
    for (int k = 0; k <= kEllipseCorners; ++k)
      corners[k] = view(ellipse_corner(point(i), s_.covariance[i], k));
    const bool whole = std::ranges::all_of(
        corners, [](Point p) { return std::isfinite(p.x) && std::isfinite(p.y); });
    if (whole) canvas.polygon(corners, color(i), 0.15 * opacity_);
    canvas.polyline(corners, {.color = color(i), .width = 0.6, .opacity = 0.7 * opacity_});
  }

  Scatter s_;
  ColorMapping mapping_;
  double size_, opacity_;
};

bool overlap(const Rect& a, const Rect& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

bool inside(const Rect& inner, const Rect& outer) {
  return inner.x >= outer.x && inner.y >= outer.y && inner.right() <= outer.right() &&
         inner.bottom() <= outer.bottom();
}

class HighlightLayer : public Layer {
 public:
  explicit HighlightLayer(Highlight series) : s_(std::move(series)) {
    SPI_ASSERT(s_.y.size() == s_.x.size() &&
               (s_.labels.empty() || s_.labels.size() == s_.x.size()));
  }

  void cover(Extent& extent) const override {
    for (std::size_t i = 0; i < s_.x.size(); ++i) extent.add({s_.x[i], s_.y[i]});
  }

  void draw(Canvas& canvas, const View& view) const override {
    const double r = s_.size_pt / 2;
    std::vector<Rect> taken;
    for (std::size_t i = 0; i < s_.x.size(); ++i) {
      const Point at = view({s_.x[i], s_.y[i]});
      if (!std::isfinite(at.x) || !std::isfinite(at.y)) continue;
      canvas.cross(at, s_.size_pt + 1, {.color = {1, 1, 1}, .width = 3.2, .opacity = 0.9});
      canvas.cross(at, s_.size_pt, {.color = s_.color, .width = 1.5});
      taken.push_back({at.x - r, at.y - r, 2 * r, 2 * r});
    }
    for (std::size_t i = 0; i < s_.x.size(); ++i) draw_label(canvas, view, i, taken);
  }

  void add_legend(std::vector<LegendEntry>& entries) const override {
    if (!s_.label.empty())
      entries.push_back(
          {.label = s_.label, .swatch = LegendEntry::Swatch::cross, .color = s_.color});
  }

 private:
  std::string text(std::size_t i) const {
    return s_.labels.empty() ? std::to_string(i) : s_.labels[i];
  }

  /// Puts the label at the first of eight places around the cross that is free.
  void draw_label(Canvas& canvas, const View& view, std::size_t i, std::vector<Rect>& taken) const {
    const Point at = view({s_.x[i], s_.y[i]});
    if (!std::isfinite(at.x) || !std::isfinite(at.y)) return;
    const double font = view.tick_font();
    const Size size = canvas.text_size(text(i), font);
    const double dx = s_.size_pt / 2 + 1.5 + size.width / 2, dy = s_.size_pt / 2 + size.height / 2;
    const std::array<Point, 8> offsets{{{dx, -dy / 2},
                                        {-dx, -dy / 2},
                                        {0, -dy},
                                        {0, dy},
                                        {dx, dy / 2},
                                        {-dx, dy / 2},
                                        {dx, -dy},
                                        {-dx, -dy}}};
    const auto place = [&](Point offset) {
      return Rect{at.x + offset.x - size.width / 2, at.y + offset.y - size.height / 2, size.width,
                  size.height};
    };
    const auto is_free = [&](Point offset) {
      const Rect r = place(offset);
      return inside(r, view.box) &&
             std::ranges::none_of(taken, [&](const Rect& other) { return overlap(r, other); });
    };
    const auto found = std::ranges::find_if(offsets, is_free);
    const Rect label = place(found == offsets.end() ? offsets[0] : *found);
    taken.push_back(label);
    canvas.text(
        label.center(), text(i),
        {.size = font, .h = HAlign::center, .v = VAlign::middle, .color = s_.color, .halo = true});
  }

  Highlight s_;
};

}  // namespace

LayerPtr make_layer(Scatter series) { return std::make_shared<ScatterLayer>(std::move(series)); }

LayerPtr make_layer(Highlight series) {
  return std::make_shared<HighlightLayer>(std::move(series));
}

}  // namespace spi::plot
