// SPDX-License-Identifier: GPL-3.0-or-later
// From a drawing function to the bytes of a PNG, SVG or PDF file. Internal.
#pragma once

#include <functional>
#include <string>

#include "libspi/plot/canvas.h"
#include "libspi/plot/figure.h"  // for Format

namespace spi::plot {

/// What `draw` puts on a white page of `size` (points). Equal drawings give equal bytes: no dates,
/// no numbers that count what the process drew before. UserError where the page is too large.
std::string encoded(Size size, double dpi, Format format, const std::function<void(Canvas&)>& draw);

}  // namespace spi::plot
