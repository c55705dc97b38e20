// SPDX-License-Identifier: GPL-3.0-or-later
// Swatches, words, columns.
#include "libspi/plot/legend.h"

#include <algorithm>
#include <array>

namespace spi::plot {
namespace {

constexpr double kSwatch = 1.6, kSwatchGap = 0.5;     // widths, in letter sizes
constexpr double kRowGap = 0.18, kColumnGap = 1.0;    // in letter sizes
constexpr double kCornerGap = 5, kCornerPadding = 3;  // points

}  // namespace

Legend::Legend(Canvas& canvas, std::span<const LegendEntry> entries, Size room, double font)
    : font_(font) {
  const double text_room = std::max(4 * font, room.width - (kSwatch + kSwatchGap) * font);
  for (const LegendEntry& entry : entries)
    items_.push_back({entry, canvas.wrapped(entry.label, font, text_room), {}});
  std::size_t n_kept = items_.size();
  while (!place(room) && n_kept > 1) {
    items_.resize(--n_kept);
    const std::string rest = "… and " + std::to_string(entries.size() - n_kept) + " more";
    items_.push_back({{.label = rest, .opacity = 0}, canvas.wrapped(rest, font, text_room), {}});
  }
}

bool Legend::place(Size room) {
  Point at;
  double column_width = 0;
  size_ = {};
  for (Item& item : items_) {
    const double height = item.text.height();
    if (at.y > 0 && at.y + height > room.height) {
      at = {at.x + column_width + kColumnGap * font_, 0};
      column_width = 0;
    }
    item.at = at;
    column_width = std::max(column_width, (kSwatch + kSwatchGap) * font_ + item.text.width);
    size_ = {at.x + column_width, std::max(size_.height, at.y + height)};
    at.y += height + kRowGap * font_;
  }
  return size_.width <= room.width && size_.height <= room.height;
}

void Legend::draw(Canvas& canvas, Point top_left) const {
  for (const Item& item : items_) {
    const Point at{top_left.x + item.at.x, top_left.y + item.at.y};
    const double first_line = at.y + 0.58 * font_;
    draw_swatch(canvas, item.entry, {at.x + kSwatch * font_ / 2, first_line});
    canvas.text({at.x + (kSwatch + kSwatchGap) * font_, at.y}, item.text, {.v = VAlign::top});
  }
}

void Legend::draw_swatch(Canvas& canvas, const LegendEntry& entry, Point center) const {
  const double half = kSwatch * font_ / 2;
  switch (entry.swatch) {
    case LegendEntry::Swatch::marker:
      return canvas.marker(entry.marker, center, 0.72 * font_, entry.color, entry.opacity, false);
    case LegendEntry::Swatch::line:
      return canvas.line({center.x - half, center.y}, {center.x + half, center.y},
                         {.color = entry.color, .width = 1.4, .dash = entry.dash});
    case LegendEntry::Swatch::patch:
      return canvas.rectangle(
          {center.x - 0.6 * half, center.y - 0.4 * font_, 1.2 * half, 0.8 * font_}, entry.color,
          entry.opacity);
    case LegendEntry::Swatch::cross:
      return canvas.cross(center, 0.75 * font_, {.color = entry.color, .width = 1.5});
  }
}

void draw_in_corner(Canvas& canvas, const Legend& legend, const Rect& box,
                    std::span<const Point> points) {
  const double width = legend.size().width + 2 * kCornerPadding;
  const double height = legend.size().height + 2 * kCornerPadding;
  const double left = box.x + kCornerGap, right = box.right() - kCornerGap - width;
  const double top = box.y + kCornerGap, bottom = box.bottom() - kCornerGap - height;
  const std::array<Rect, 4> corners{{{right, top, width, height},
                                     {left, top, width, height},
                                     {right, bottom, width, height},
                                     {left, bottom, width, height}}};
  const auto n_covered = [&](const Rect& r) {
    return std::ranges::count_if(points, [&](Point p) {
      return p.x >= r.x && p.x <= r.right() && p.y >= r.y && p.y <= r.bottom();
    });
  };
  const Rect place = *std::ranges::min_element(corners, {}, n_covered);
  canvas.rectangle(place, {1, 1, 1}, 0.85);
  canvas.outline(place, {.color = kGrid, .width = 0.6});
  legend.draw(canvas, {place.x + kCornerPadding, place.y + kCornerPadding});
}

}  // namespace spi::plot
