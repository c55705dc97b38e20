// SPDX-License-Identifier: GPL-3.0-or-later
// Limits, ticks, margins from real text extents, and the order in which things are drawn.
#include "libspi/plot/panel.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"  // for SPI_ASSERT
#include "libspi/plot/legend.h"

namespace spi::plot {
namespace {

constexpr double kMajor = 3.5, kMinor = 2, kTickGap = 2;  // tick marks, and from them to words
constexpr double kGap = 3;                                // between words
constexpr double kXInterval = 36, kYInterval = 30;        // points between ticks, at least
constexpr int kExtraIntervals = 4;
constexpr double kLabelGap = 0.8;      // between tick labels side by side, in letter sizes
constexpr double kLegendShare = 0.45;  // widest legend outside, as a share of the cell
constexpr Pen kSpine{.width = 0.8};
constexpr Pen kMinorTick{.width = 0.5};

Range chosen_limits(const Axis& axis, const Coverage& coverage) {
  Range limits = coverage.limits();
  limits.lo = axis.min.value_or(limits.lo);
  limits.hi = axis.max.value_or(limits.hi);
  return limits;
}

bool stretchable(const Axis& axis, const Coverage& coverage) {
  return !axis.min && !axis.max && !coverage.pinned();
}

Range stretched(Range r, double span) {
  const double center = (r.lo + r.hi) / 2;
  return {center - span / 2, center + span / 2};
}

int intervals(double length, double spacing) {
  return std::clamp(static_cast<int>(length / spacing), 1, 8);
}

Ticks ticks_of(const Axis& axis, const Scale& scale, int max_intervals) {
  if (!axis.ticks) return make_ticks(scale, max_intervals, axis.integer_ticks ? 1 : 0);
  Ticks ticks;
  for (const Tick& tick : *axis.ticks)
    if (const double u = scale.unit(tick.value); u >= 0 && u <= 1) ticks.major.push_back(tick);
  return ticks;
}

/// Ticks at most `n` intervals apart: a little denser where there would be fewer than two, sparser
/// until they fit.
template <class Fits>
Ticks fitting_ticks(const Axis& axis, const Scale& scale, int n, const Fits& fits) {
  for (int k = n; k <= n + kExtraIntervals; ++k)
    if (Ticks ticks = ticks_of(axis, scale, k); ticks.major.size() >= 2 && fits(ticks))
      return ticks;
  for (int k = n; k > 1; --k)
    if (Ticks ticks = ticks_of(axis, scale, k); fits(ticks)) return ticks;
  return ticks_of(axis, scale, 1);
}

double widest(Canvas& canvas, const Ticks& ticks, double font) {
  double width = 0;
  for (const Tick& tick : ticks.major)
    width = std::max(width, canvas.text_size(tick.label, font).width);
  return width;
}

}  // namespace

struct Panel::Layout {
  View view;
  Ticks x_ticks{}, y_ticks{};
  TextBlock title{}, x_label{}, y_label{};
  SideColumn side;
  double y_ticks_width = 0;  // of the widest label
  Margins margins{};
};

Panel::Panel(const Axes& axes, double font, double cell_width)
    : axes_(axes),
      font_(font),
      cell_width_(cell_width),
      extent_{Coverage(axes.x.scale), Coverage(axes.y.scale), {}, 0} {
  for (const auto& layer : axes.layers()) {
    layer->cover(extent_);
    layer->add_legend(entries_);
    if (auto bar = layer->color_bar()) bars_.push_back(std::move(*bar));
    outset_.right = std::max(outset_.right, layer->outset().right);
    outset_.top = std::max(outset_.top, layer->outset().top);
    frame_ = std::max(frame_, layer->frame());
  }
  if (axes.layers().empty()) frame_ = Layer::Frame::none;
}

std::string Panel::note() const {
  if (extent_.n_left_out == 0) return "";
  const bool log = axes_.x.scale == ScaleKind::log || axes_.y.scale == ScaleKind::log;
  return std::to_string(extent_.n_left_out) +
         (log ? " left out (not finite, or not positive)" : " left out (not finite)");
}

View Panel::view_in(const Rect& slot) const {
  Range x = chosen_limits(axes_.x, extent_.x), y = chosen_limits(axes_.y, extent_.y);
  Rect box = slot;
  const bool linear = axes_.x.scale == ScaleKind::linear && axes_.y.scale == ScaleKind::linear;
  if (axes_.equal_aspect && linear && frame_ != Layer::Frame::none) {
    x = Scale(ScaleKind::linear, x).range();
    y = Scale(ScaleKind::linear, y).range();
    const double x_unit = (x.hi - x.lo) / box.width, y_unit = (y.hi - y.lo) / box.height;
    const double unit = std::max(x_unit, y_unit);  // of data, to a point
    if (x_unit < unit && stretchable(axes_.x, extent_.x)) x = stretched(x, unit * box.width);
    if (y_unit < unit && stretchable(axes_.y, extent_.y)) y = stretched(y, unit * box.height);
    box.width = (x.hi - x.lo) / unit;
    box.height = (y.hi - y.lo) / unit;
    box.x = slot.center().x - box.width / 2;
    box.y = slot.center().y - box.height / 2;
  }
  return {.x = Scale(axes_.x.scale, x),
          .y = Scale(axes_.y.scale, y),
          .box = box,
          .x_reversed = axes_.x.reversed,
          .y_reversed = axes_.y.reversed,
          .font = font_};
}

/// Whether the labels stand side by side without touching.
bool Panel::x_ticks_fit(Canvas& canvas, const View& view, const Ticks& ticks) const {
  std::vector<Tick> in_order = ticks.major;
  std::ranges::sort(in_order, {}, [&](const Tick& t) { return view.to_x(t.value); });
  double end = view.box.x - view.box.width;
  for (const Tick& tick : in_order) {
    const double half = canvas.text_size(tick.label, tick_font()).width / 2;
    if (view.to_x(tick.value) - half < end) return false;
    end = view.to_x(tick.value) + half + kLabelGap * tick_font();
  }
  return true;
}

Panel::Layout Panel::layout(Canvas& canvas, const Rect& slot) const {
  const View view = view_in(slot);
  const bool outside = axes_.legend == LegendPlace::outside;
  Layout l{.view = view,
           .side = SideColumn(canvas, bars_, outside ? entries_ : std::vector<LegendEntry>{},
                              view.box.height, kLegendShare * cell_width_, font_)};
  l.title = canvas.wrapped(axes_.title, 1.11 * font_, view.box.width);
  if (frame_ != Layer::Frame::none) {
    l.x_ticks = fitting_ticks(axes_.x, view.x, intervals(view.box.width, kXInterval),
                              [&](const Ticks& t) { return x_ticks_fit(canvas, view, t); });
    l.y_ticks = fitting_ticks(axes_.y, view.y, intervals(view.box.height, kYInterval),
                              [](const Ticks&) { return true; });
    l.x_label = canvas.wrapped(axes_.x.label, font_, view.box.width);
    l.y_label = canvas.wrapped(axes_.y.label, font_, view.box.height);
    l.y_ticks_width = widest(canvas, l.y_ticks, tick_font());
  }
  place_words(canvas, l);
  return l;
}

/// Margins: what sticks out of the box on each side.
void Panel::place_words(Canvas& canvas, Layout& l) const {
  Margins& m = l.margins;
  const double line = canvas.text_size("0", tick_font()).height;
  const bool bar_factor = std::ranges::any_of(bars_, [](const ColorBar& bar) {
    return !make_ticks(bar.mapping.scale(), 4).factor.empty();
  });
  m.right = outset_.right + l.side.width();
  m.top = outset_.top;
  if (!note().empty() || !l.y_ticks.factor.empty() || bar_factor) m.top += line + kGap;
  if (!l.title.lines.empty()) m.top += l.title.height() + kGap;
  if (frame_ == Layer::Frame::none) return;
  m.left = kMajor + kTickGap + l.y_ticks_width;
  if (!l.y_label.lines.empty()) m.left += kGap + l.y_label.height();
  m.bottom = kMajor + kTickGap + line;
  if (!l.x_ticks.factor.empty()) m.bottom += line;
  if (!l.x_label.lines.empty()) m.bottom += kGap + l.x_label.height();
  m.top = std::max(m.top, line / 2);
  for (const Tick& tick : l.x_ticks.major) {
    const double half = canvas.text_size(tick.label, tick_font()).width / 2;
    const double x = l.view.to_x(tick.value);
    m.left = std::max(m.left, l.view.box.x - (x - half));
    m.right = std::max(m.right, x + half - l.view.box.right());
  }
}

Margins Panel::margins(Canvas& canvas, Size slot) const {
  return layout(canvas, {0, 0, slot.width, slot.height}).margins;
}

void Panel::draw(Canvas& canvas, const Rect& slot) const {
  const Layout l = layout(canvas, slot);
  draw_grid(canvas, l);
  draw_layers(canvas, l);
  draw_axes(canvas, l);
  draw_words(canvas, l);
  l.side.draw(canvas, {l.view.box.right() + outset_.right, l.view.box.y});
  if (axes_.legend == LegendPlace::inside) draw_inner_legend(canvas, l);
}

void Panel::draw_grid(Canvas& canvas, const Layout& l) const {
  if (!axes_.grid) return;
  const Pen pen{.color = kGrid, .width = 0.6};
  const Rect& box = l.view.box;
  for (const Tick& tick : l.x_ticks.major) {
    const double x = l.view.to_x(tick.value);
    canvas.line({x, box.y}, {x, box.bottom()}, pen);
  }
  for (const Tick& tick : l.y_ticks.major) {
    const double y = l.view.to_y(tick.value);
    canvas.line({box.x, y}, {box.right(), y}, pen);
  }
}

void Panel::draw_layers(Canvas& canvas, const Layout& l) const {
  for (const auto& layer : axes_.layers()) {
    canvas.clipped(l.view.box, [&] { layer->draw(canvas, l.view); });
    layer->draw_outside(canvas, l.view);
  }
}

void Panel::draw_axes(Canvas& canvas, const Layout& l) const {
  if (frame_ == Layer::Frame::none) return;
  const Rect& box = l.view.box;
  if (frame_ == Layer::Frame::closed) {
    canvas.outline(box, kSpine);
  } else {
    canvas.line({box.x, box.y}, {box.x, box.bottom()}, kSpine);
    canvas.line({box.x, box.bottom()}, {box.right(), box.bottom()}, kSpine);
  }
  draw_x_ticks(canvas, l);
  draw_y_ticks(canvas, l);
}

void Panel::draw_x_ticks(Canvas& canvas, const Layout& l) const {
  const Rect& box = l.view.box;
  const double y = box.bottom(), words = y + kMajor + kTickGap;
  for (const double value : l.x_ticks.minor)
    canvas.line({l.view.to_x(value), y}, {l.view.to_x(value), y + kMinor}, kMinorTick);
  for (const Tick& tick : l.x_ticks.major) {
    const double x = l.view.to_x(tick.value);
    canvas.line({x, y}, {x, y + kMajor}, kSpine);
    canvas.text({x, words}, tick.label,
                {.size = tick_font(), .h = HAlign::center, .v = VAlign::top});
  }
  const double line = canvas.text_size("0", tick_font()).height;
  canvas.text({box.right(), words + line}, l.x_ticks.factor,
              {.size = tick_font(), .h = HAlign::right, .v = VAlign::top});
}

void Panel::draw_y_ticks(Canvas& canvas, const Layout& l) const {
  const Rect& box = l.view.box;
  for (const double value : l.y_ticks.minor)
    canvas.line({box.x, l.view.to_y(value)}, {box.x - kMinor, l.view.to_y(value)}, kMinorTick);
  for (const Tick& tick : l.y_ticks.major) {
    const double y = l.view.to_y(tick.value);
    canvas.line({box.x, y}, {box.x - kMajor, y}, kSpine);
    canvas.text({box.x - kMajor - kTickGap, y}, tick.label,
                {.size = tick_font(), .h = HAlign::right, .v = VAlign::middle});
  }
  canvas.text({box.x, box.y - outset_.top - kGap}, l.y_ticks.factor,
              {.size = tick_font(), .v = VAlign::bottom});
}

void Panel::draw_words(Canvas& canvas, const Layout& l) const {
  const Rect& box = l.view.box;
  const double line = canvas.text_size("0", tick_font()).height;
  const double below_ticks =
      box.bottom() + kMajor + kTickGap + line * (l.x_ticks.factor.empty() ? 1 : 2);
  const double beside_ticks = box.x - kMajor - kTickGap - l.y_ticks_width - kGap;
  canvas.text({box.center().x, below_ticks + kGap}, l.x_label,
              {.h = HAlign::center, .v = VAlign::top});
  canvas.text({beside_ticks, box.center().y}, l.y_label,
              {.h = HAlign::center, .v = VAlign::bottom, .upwards = true});
  canvas.text({box.center().x, box.y - l.margins.top}, l.title,
              {.h = HAlign::center, .v = VAlign::top});
  canvas.text(
      {box.right(), box.y - outset_.top - kGap}, note(),
      {.size = kNoteFont * font_, .h = HAlign::right, .v = VAlign::bottom, .color = kFaint});
}

void Panel::draw_inner_legend(Canvas& canvas, const Layout& l) const {
  if (entries_.empty()) return;
  const Rect& box = l.view.box;
  const Legend legend(canvas, entries_, {0.6 * box.width, 0.9 * box.height}, tick_font());
  std::vector<Point> places;
  for (const Point& p : extent_.points) places.push_back(l.view(p));
  draw_in_corner(canvas, legend, box, places);
}

}  // namespace spi::plot
