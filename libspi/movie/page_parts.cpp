// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/movie/page_parts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "libspi/base/quantity.h"  // for print_number
#include "libspi/plot/panel.h"
#include "libspi/plot/ticks.h"

namespace spi {
namespace {

constexpr double kNm = 10;  // Å

struct Unit {
  double size;
  const char* name;
};

Unit unit_of(Quantity quantity, double length) {
  if (quantity == Quantity::intensity) return {1, "Å⁻¹"};
  return length < kNm ? Unit{1, "Å"} : Unit{kNm, "nm"};
}

}  // namespace

std::string significant(double value, int digits) {
  if (value == 0 || !std::isfinite(value)) return plot::format_fixed(value, 0);
  const int decimals = digits - 1 - int(std::floor(std::log10(std::abs(value))));
  if (decimals >= 0) return plot::format_fixed(value, decimals);
  const double unit = std::pow(10.0, -decimals);
  return plot::format_fixed(std::round(value / unit) * unit, 0);
}

std::string length_words(Quantity quantity, double length) {
  const Unit unit = unit_of(quantity, length);
  return print_number(std::round(length / unit.size * 1e6) / 1e6) + " " + unit.name;
}

double round_length(Quantity quantity, double longest) {
  const Unit unit = unit_of(quantity, longest);
  const double most = longest / unit.size, decade = std::pow(10.0, std::floor(std::log10(most)));
  const double rounded = most >= 5 * decade ? 5 * decade : most >= 2 * decade ? 2 * decade : decade;
  return rounded * unit.size;
}

plot::Pixels coloured(std::span<const float> values, std::size_t n, const Limits& limits,
                      plot::ColorMap map, int side) {
  SPI_ASSERT(values.size() == n * n && n >= 2 && side > 0);
  std::array<std::uint32_t, 256> colours;
  for (std::size_t i = 0; i < colours.size(); ++i)
    colours[i] = plot::packed(plot::color_at(map, double(i) / 255));
  const double scale = limits.high > limits.low ? 255 / (limits.high - limits.low) : 0;
  const auto place = [&](int pixel) {
    return std::clamp((pixel + 0.5) / side * double(n) - 0.5, 0.0, double(n - 1));
  };
  plot::Pixels pixels{side, side,
                      std::vector<std::uint32_t>(std::size_t(side) * std::size_t(side))};
  for (int row = 0; row < side; ++row) {
    const double y = place(side - 1 - row);
    const auto j = std::min(std::size_t(y), n - 2);
    for (int column = 0; column < side; ++column) {
      const double x = place(column);
      const auto i = std::min(std::size_t(x), n - 2);
      const float* const v = &values[j * n + i];
      const double low = std::lerp(double(v[0]), double(v[1]), x - double(i));
      const double high = std::lerp(double(v[n]), double(v[n + 1]), x - double(i));
      const double value = std::lerp(low, high, y - double(j));
      const double index = std::clamp((value - limits.low) * scale, 0.0, 255.0);
      pixels.rgb[std::size_t(row) * std::size_t(side) + std::size_t(column)] =
          colours[std::size_t(std::lround(index))];
    }
  }
  return pixels;
}

void draw_scale_bar(plot::Canvas& canvas, plot::Point at, double width, const std::string& words,
                    plot::Rgb colour, double font) {
  const double height = 0.28 * font;
  canvas.rectangle({at.x, at.y - height, width, height}, colour);
  canvas.text(
      {at.x + width / 2, at.y - height - 0.3 * font}, words,
      {.size = font, .h = plot::HAlign::center, .v = plot::VAlign::bottom, .color = colour});
}

void draw_axes_cross(plot::Canvas& canvas, plot::Point middle, double reach,
                     const Quaternion& view_from_model) {
  struct Arm {
    const char* name;
    plot::Rgb colour;
    Vector3 tip;
  };
  std::array<Arm, 3> arms{{{"x", {0.75, 0.22, 0.17}, rotate(view_from_model, {1, 0, 0})},
                           {"y", {0.15, 0.55, 0.25}, rotate(view_from_model, {0, 1, 0})},
                           {"z", {0.15, 0.35, 0.75}, rotate(view_from_model, {0, 0, 1})}}};
  std::ranges::sort(arms, {}, [](const Arm& arm) { return arm.tip[2]; });  // the nearest last
  for (const Arm& arm : arms) {
    const auto along = [&](double share) {
      return plot::Point{middle.x + share * reach * arm.tip[0],
                         middle.y - share * reach * arm.tip[1]};
    };
    canvas.line(middle, along(1), {.color = arm.colour, .width = 1.6});
    const double length = std::hypot(arm.tip[0], arm.tip[1]);
    if (length < 0.15) continue;  // it points at the camera
    canvas.text(along(1 + 0.28 / length), arm.name,
                {.size = 0.45 * reach,
                 .h = plot::HAlign::center,
                 .v = plot::VAlign::middle,
                 .color = arm.colour});
  }
}

void draw_plot(plot::Canvas& canvas, const plot::Axes& axes, const plot::Rect& slot, double font) {
  const plot::Panel panel(axes, font, slot.width);
  plot::Rect box{slot.x, slot.y, 0.8 * slot.width, 0.7 * slot.height};
  for (int pass = 0; pass < 3; ++pass) {  // margins depend on the ticks, and these on the box
    const plot::Margins m = panel.margins(canvas, {box.width, box.height});
    box = {slot.x + m.left, slot.y + m.top, std::max(1.0, slot.width - m.left - m.right),
           std::max(1.0, slot.height - m.top - m.bottom)};
  }
  panel.draw(canvas, box);
}

}  // namespace spi
