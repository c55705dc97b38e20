// SPDX-License-Identifier: GPL-3.0-or-later
// Small choices about looks: symbols, dashes, alignment.
#pragma once

namespace spi::plot {

enum class Marker { circle, square, triangle, diamond, triangle_down };
enum class Dash { solid, dashed, dotted };
enum class HAlign { left, center, right };
enum class VAlign { top, middle, baseline, bottom };

// Letter sizes over that of axis labels.
inline constexpr double kTickFont = 0.89, kNoteFont = 0.75;

}  // namespace spi::plot
