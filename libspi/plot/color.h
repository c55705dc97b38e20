// SPDX-License-Identifier: GPL-3.0-or-later
// Colours: the categorical palette, the colour maps, and how a value becomes a colour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "libspi/plot/scale.h"
#include "libspi/plot/style.h"

namespace spi::plot {

/// sRGB, each component in 0..1.
struct Rgb {
  double r = 0, g = 0, b = 0;
  bool operator==(const Rgb&) const = default;
};

/// 0xRRGGBB.
std::uint32_t packed(Rgb color);

inline constexpr Rgb kInk{0.13, 0.13, 0.13};         // axes and text
inline constexpr Rgb kFaint{0.45, 0.45, 0.45};       // notes
inline constexpr Rgb kGrid{0.90, 0.90, 0.90};        // grid lines
inline constexpr Rgb kNoCategory{0.68, 0.68, 0.68};  // points of category -1
inline constexpr Rgb kMissing{0.83, 0.83, 0.83};     // NaN in images

/// Okabe and Ito's eight colours, safe for colour-blind readers; repeats after eight.
Rgb category_color(std::size_t category);

/// Changes where category_color begins to repeat, so that 40 categories stay distinct.
Marker category_marker(std::size_t category);

/// viridis and magma: perceptually ordered, dark to light. diverging: blue, white, red.
enum class ColorMap { viridis, magma, gray, diverging };

/// The colour at `position` in 0..1 (clamped).
Rgb color_at(ColorMap map, double position);

/// How numbers become colours.
struct ColorScale {
  ColorMap map = ColorMap::viridis;
  ScaleKind scale = ScaleKind::linear;
  std::optional<double> min{}, max{};  // automatic: the percentiles below, symmetric if diverging
  double cut_percent = 0.5;            // share of the values cut off at each end, in per cent
  std::string label{};                 // beside the colour bar, with the unit
  bool bar = true;                     // draw a colour bar
};

/// A colour scale whose limits are known.
class ColorMapping {
 public:
  /// Limits that ColorScale leaves open come from the finite (for log: positive) values.
  ColorMapping(const ColorScale& colors, std::span<const double> values);

  /// The colour of `value`; kMissing for NaN, the lowest colour for value <= 0 on a log scale.
  Rgb operator()(double value) const;

  const Scale& scale() const { return scale_; }
  ColorMap map() const { return map_; }
  bool values_below() const { return below_; }  // some value lies under the limits
  bool values_above() const { return above_; }

 private:
  ColorMap map_;
  Scale scale_;
  bool below_ = false, above_ = false;
};

}  // namespace spi::plot
