// SPDX-License-Identifier: GPL-3.0-or-later
// Lines, bars, bands, reference lines and words.
#include <algorithm>
#include <cmath>
#include <limits>

#include "libspi/base/error.h"  // for SPI_ASSERT
#include "libspi/plot/layer.h"

namespace spi::plot {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kBarOpacity = 0.85;
constexpr double kDot = 4;  // diameter of a line's markers

bool finite(Point p) { return std::isfinite(p.x) && std::isfinite(p.y); }

/// The corners of a staircase through `points` with risers half-way between them.
std::vector<Point> staircase(const std::vector<Point>& points) {
  std::vector<Point> corners;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double before = i > 0 ? points[i - 1].x : kNaN;
    const double after = i + 1 < points.size() ? points[i + 1].x : kNaN;
    const auto halfway = [&](double neighbour, double opposite) {
      if (std::isfinite(neighbour)) return (points[i].x + neighbour) / 2;
      return std::isfinite(opposite) ? points[i].x + (points[i].x - opposite) / 2 : points[i].x;
    };
    corners.push_back({halfway(before, after), points[i].y});
    corners.push_back({halfway(after, before), points[i].y});
  }
  return corners;
}

class LineLayer : public Layer {
 public:
  explicit LineLayer(Line series) : s_(std::move(series)) {
    SPI_ASSERT(s_.y.size() == s_.x.size());
    for (std::size_t i = 0; i < s_.x.size(); ++i) points_.push_back({s_.x[i], s_.y[i]});
    corners_ = s_.steps ? staircase(points_) : points_;
  }

  void cover(Extent& extent) const override {
    for (const Point& p : points_) extent.add(p);
    for (const Point& p : corners_) extent.x.grow(p.x);
  }

  void draw(Canvas& canvas, const View& view) const override {
    std::vector<Point> places;
    for (const Point& p : corners_) places.push_back(view(p));
    canvas.polyline(places, {.color = color(), .width = s_.width_pt, .dash = s_.dash});
    if (!s_.markers) return;
    for (const Point& p : points_)
      if (const Point at = view(p); finite(at))
        canvas.marker(Marker::circle, at, kDot, color(), 1, true);
  }

  void add_legend(std::vector<LegendEntry>& entries) const override {
    if (!s_.label.empty())
      entries.push_back({.label = s_.label,
                         .swatch = LegendEntry::Swatch::line,
                         .color = color(),
                         .dash = s_.dash});
  }

 private:
  Rgb color() const { return s_.color.value_or(kInk); }

  Line s_;
  std::vector<Point> points_, corners_;
};

class BarsLayer : public Layer {
 public:
  explicit BarsLayer(Bars series) : s_(std::move(series)) {
    SPI_ASSERT(s_.height.size() == s_.x.size());
  }

  void cover(Extent& extent) const override {
    for (std::size_t i = 0; i < s_.x.size(); ++i) {
      extent.add({s_.x[i], s_.height[i]});
      extent.x.grow(s_.x[i] - s_.width / 2);
      extent.x.grow(s_.x[i] + s_.width / 2);
    }
    if (!s_.x.empty()) extent.y.pin(0);
  }

  void draw(Canvas& canvas, const View& view) const override {
    const double at_zero = view.to_y(0);
    const double foot = std::isnan(at_zero) ? view.box.bottom() : at_zero;  // log: from the axis
    for (std::size_t i = 0; i < s_.x.size(); ++i) {
      const Point a = view({s_.x[i] - s_.width / 2, s_.height[i]});
      const double right = view.to_x(s_.x[i] + s_.width / 2);
      if (finite(a) && std::isfinite(right))
        canvas.rectangle({a.x, a.y, right - a.x, foot - a.y}, color(), kBarOpacity);
    }
  }

  void add_legend(std::vector<LegendEntry>& entries) const override {
    if (!s_.label.empty())
      entries.push_back({.label = s_.label,
                         .swatch = LegendEntry::Swatch::patch,
                         .color = color(),
                         .opacity = kBarOpacity});
  }

 private:
  Rgb color() const { return s_.color.value_or(kInk); }

  Bars s_;
};

class BandLayer : public Layer {
 public:
  explicit BandLayer(Band series) : s_(std::move(series)) {
    SPI_ASSERT(s_.lower.size() == s_.x.size() && s_.upper.size() == s_.x.size());
  }

  void cover(Extent& extent) const override {
    for (std::size_t i = 0; i < s_.x.size(); ++i) {
      const bool whole = drawable(extent.y.kind(), s_.lower[i]);
      extent.add({s_.x[i], whole ? s_.upper[i] : s_.lower[i]});
      if (whole) extent.y.grow(s_.lower[i]);
    }
  }

  /// One area for each run of points that can be shown.
  void draw(Canvas& canvas, const View& view) const override {
    std::vector<Point> upper, lower;
    for (std::size_t i = 0; i <= s_.x.size(); ++i) {
      const Point high = i < s_.x.size() ? view({s_.x[i], s_.upper[i]}) : Point{kNaN, kNaN};
      const Point low = i < s_.x.size() ? view({s_.x[i], s_.lower[i]}) : Point{kNaN, kNaN};
      if (finite(high) && finite(low)) {
        upper.push_back(high);
        lower.push_back(low);
        continue;
      }
      upper.insert(upper.end(), lower.rbegin(), lower.rend());
      canvas.polygon(upper, color(), s_.opacity);
      upper.clear();
      lower.clear();
    }
  }

  void add_legend(std::vector<LegendEntry>& entries) const override {
    if (!s_.label.empty())
      entries.push_back({.label = s_.label,
                         .swatch = LegendEntry::Swatch::patch,
                         .color = color(),
                         .opacity = s_.opacity});
  }

 private:
  Rgb color() const { return s_.color.value_or(kInk); }

  Band s_;
};

class ReferenceLineLayer : public Layer {
 public:
  ReferenceLineLayer(ReferenceLine line, Direction direction)
      : line_(std::move(line)), horizontal_(direction == Direction::horizontal) {}

  void cover(Extent& extent) const override { (horizontal_ ? extent.y : extent.x).grow(line_.at); }

  void draw(Canvas& canvas, const View& view) const override {
    const Rect& box = view.box;
    const double x = view.to_x(line_.at), y = view.to_y(line_.at);
    const Pen pen{.color = line_.color, .width = line_.width_pt, .dash = line_.dash};
    if (horizontal_)
      canvas.line({box.x, y}, {box.right(), y}, pen);
    else
      canvas.line({x, box.y}, {x, box.bottom()}, pen);
  }

  void add_legend(std::vector<LegendEntry>& entries) const override {
    if (!line_.label.empty())
      entries.push_back({.label = line_.label,
                         .swatch = LegendEntry::Swatch::line,
                         .color = line_.color,
                         .dash = line_.dash});
  }

 private:
  ReferenceLine line_;
  bool horizontal_;
};

class TextLayer : public Layer {
 public:
  explicit TextLayer(Text text) : text_(std::move(text)) {}

  void cover(Extent& extent) const override { extent.grow({text_.x, text_.y}); }

  /// Words that would leave the box are moved inside.
  void draw(Canvas& canvas, const View& view) const override {
    Point at = view({text_.x, text_.y});
    if (!finite(at)) return;
    const Rect& box = view.box;
    const TextBlock block =
        canvas.wrapped(text_.text, text_.size_pt.value_or(view.tick_font()), box.width);
    const double left = text_.h == HAlign::left ? 0 : text_.h == HAlign::right ? 1 : 0.5;
    const double up = text_.v == VAlign::top ? 0 : text_.v == VAlign::middle ? 0.5 : 1;
    const double x = kept_within(at.x - left * block.width, box.x, box.right() - block.width);
    const double y = kept_within(at.y - up * block.height(), box.y, box.bottom() - block.height());
    at = {x + left * block.width, y};
    canvas.text(at, block, {.h = text_.h, .v = VAlign::top, .color = text_.color, .halo = true});
  }

 private:
  static double kept_within(double v, double lo, double hi) {
    return std::max(lo, std::min(v, hi));
  }

  Text text_;
};

}  // namespace

LayerPtr make_layer(Line series) { return std::make_shared<LineLayer>(std::move(series)); }

LayerPtr make_layer(Bars series) { return std::make_shared<BarsLayer>(std::move(series)); }

LayerPtr make_layer(Band series) { return std::make_shared<BandLayer>(std::move(series)); }

LayerPtr make_layer(const ReferenceLine& line, Direction direction) {
  return std::make_shared<ReferenceLineLayer>(line, direction);
}

LayerPtr make_layer(Text text) { return std::make_shared<TextLayer>(std::move(text)); }

}  // namespace spi::plot
