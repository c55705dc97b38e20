// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces of a frame: pictures of planes, scale bars, axes, plots.
#pragma once

#include <span>
#include <string>

#include "libspi/geometry/rotation.h"
#include "libspi/movie/scene.h"
#include "libspi/plot/axes.h"
#include "libspi/plot/canvas.h"

namespace spi {

/// `value` to so many significant digits, without an exponent.
std::string significant(double value, int digits);

/// A length of space or, of intensities, of q, in words: "20 nm", "0.005 Å⁻¹".
std::string length_words(Quantity quantity, double length);
/// The largest 1, 2 or 5 times a power of ten that is not above `longest`, in the unit that
/// length_words prints.
double round_length(Quantity quantity, double longest);

/// [n][n] values, row 0 at the bottom, as coloured pixels: linear between samples.
plot::Pixels coloured(std::span<const float> values, std::size_t n, const Limits& limits,
                      plot::ColorMap map, int side);

/// A bar with its length above; `at` is its lower left end.
void draw_scale_bar(plot::Canvas& canvas, plot::Point at, double width, const std::string& words,
                    plot::Rgb colour, double font);

/// The directions of x, y and z as the camera sees them.
void draw_axes_cross(plot::Canvas& canvas, plot::Point middle, double reach,
                     const Quaternion& view_from_model);

/// A plot with its labels, within `slot`.
void draw_plot(plot::Canvas& canvas, const plot::Axes& axes, const plot::Rect& slot, double font);

}  // namespace spi
