// SPDX-License-Identifier: GPL-3.0-or-later
// Control points of palettes and colour maps, and automatic colour limits.
#include "libspi/plot/color.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace spi::plot {
namespace {

constexpr Rgb from_hex(unsigned hex) {
  return {((hex >> 16) & 255) / 255.0, ((hex >> 8) & 255) / 255.0, (hex & 255) / 255.0};
}

// M. Okabe and K. Ito, Color Universal Design (2008); the strongest contrasts first.
constexpr std::array kPalette{from_hex(0x0072B2), from_hex(0xE69F00), from_hex(0x009E73),
                              from_hex(0xD55E00), from_hex(0xCC79A7), from_hex(0x56B4E9),
                              from_hex(0xF0E442), from_hex(0x000000)};
constexpr std::size_t kMarkers = static_cast<std::size_t>(Marker::triangle_down) + 1;

using ControlPoints = std::array<Rgb, 9>;  // evenly spaced over 0..1

constexpr ControlPoints kViridis{from_hex(0x440154), from_hex(0x472D7B), from_hex(0x3B528B),
                                 from_hex(0x2C728E), from_hex(0x21918C), from_hex(0x28AE80),
                                 from_hex(0x5EC962), from_hex(0xADDC30), from_hex(0xFDE725)};
constexpr ControlPoints kMagma{from_hex(0x000004), from_hex(0x1C1044), from_hex(0x4F127B),
                               from_hex(0x812581), from_hex(0xB5367A), from_hex(0xE55064),
                               from_hex(0xFB8761), from_hex(0xFEC287), from_hex(0xFCFDBF)};
constexpr ControlPoints kDiverging{from_hex(0x0C2C64), from_hex(0x2860A8), from_hex(0x6098D0),
                                   from_hex(0xACCCE8), from_hex(0xF6F6F4), from_hex(0xF4C8A8),
                                   from_hex(0xE08C60), from_hex(0xBC4C2C), from_hex(0x6E1812)};

Rgb interpolated(const ControlPoints& points, double position) {
  const double place = position * (points.size() - 1);
  const auto left = std::min(static_cast<std::size_t>(place), points.size() - 2);
  const double t = place - static_cast<double>(left);
  const Rgb &a = points[left], &b = points[left + 1];
  return {a.r + t * (b.r - a.r), a.g + t * (b.g - a.g), a.b + t * (b.b - a.b)};
}

/// The limits inside which all but `cut_percent` of the values at each end lie; `values` is
/// reordered.
Range percentile_range(std::vector<double>& values, double cut_percent) {
  const auto last = static_cast<double>(values.size() - 1);
  const auto value_at = [&](double fraction) {
    const auto nth = values.begin() + std::lround(fraction * last);
    std::nth_element(values.begin(), nth, values.end());
    return *nth;
  };
  const double cut = std::clamp(cut_percent / 100, 0.0, 0.5);
  return {value_at(cut), value_at(1 - cut)};
}

Range automatic_limits(const ColorScale& colors, std::span<const double> values) {
  std::vector<double> shown;
  std::ranges::copy_if(values, std::back_inserter(shown),
                       [&](double v) { return drawable(colors.scale, v); });
  if (shown.empty()) return unit_range(colors.scale);
  Range range = percentile_range(shown, colors.cut_percent);
  if (colors.map == ColorMap::diverging && colors.scale == ScaleKind::linear) {
    const double reach = std::max(std::abs(range.lo), std::abs(range.hi));
    range = {-reach, reach};
  }
  return range;
}

Scale resolved_scale(const ColorScale& colors, std::span<const double> values) {
  Range range = colors.min && colors.max ? Range{} : automatic_limits(colors, values);
  range.lo = colors.min.value_or(range.lo);
  range.hi = colors.max.value_or(range.hi);
  return Scale(colors.scale, range);
}

}  // namespace

std::uint32_t packed(Rgb c) {
  const auto byte = [](double v) { return static_cast<std::uint32_t>(std::lround(255 * v)); };
  return byte(c.r) << 16 | byte(c.g) << 8 | byte(c.b);
}

Rgb category_color(std::size_t category) { return kPalette[category % kPalette.size()]; }

Marker category_marker(std::size_t category) {
  return static_cast<Marker>(category / kPalette.size() % kMarkers);
}

Rgb color_at(ColorMap map, double position) {
  const double t = std::clamp(position, 0.0, 1.0);
  switch (map) {
    case ColorMap::viridis:
      return interpolated(kViridis, t);
    case ColorMap::magma:
      return interpolated(kMagma, t);
    case ColorMap::diverging:
      return interpolated(kDiverging, t);
    case ColorMap::gray:
      break;
  }
  return {t, t, t};
}

ColorMapping::ColorMapping(const ColorScale& colors, std::span<const double> values)
    : map_(colors.map), scale_(resolved_scale(colors, values)) {
  for (const double v : values) {
    if (!drawable(colors.scale, v)) continue;
    below_ = below_ || v < scale_.range().lo;
    above_ = above_ || v > scale_.range().hi;
  }
}

Rgb ColorMapping::operator()(double value) const {
  if (std::isnan(value)) return kMissing;
  if (std::isinf(value)) return color_at(map_, value > 0 ? 1 : 0);
  const double position = scale_.unit(value);
  return color_at(map_, std::isnan(position) ? 0 : position);
}

}  // namespace spi::plot
