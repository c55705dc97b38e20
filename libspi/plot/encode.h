// SPDX-License-Identifier: GPL-3.0-or-later
// From a drawing function to pixels, or to the bytes of a PNG, SVG or PDF file.
#pragma once

#include <functional>
#include <string>

#include "libspi/plot/canvas.h"
#include "libspi/plot/figure.h"  // for Format

namespace spi::plot {

/// What `draw` puts on a white page of `size` (points). Equal drawings give equal bytes: no dates,
/// no numbers that count what the process drew before. UserError where the page is too large.
std::string encoded(Size size, double dpi, Format format, const std::function<void(Canvas&)>& draw);

/// The same on a picture of so many pixels, `pixels_per_point` of them to a point.
Pixels drawn(int width, int height, double pixels_per_point,
             const std::function<void(Canvas&)>& draw);

/// The bytes of a PNG file of these pixels.
std::string png_of(const Pixels& pixels);

}  // namespace spi::plot
