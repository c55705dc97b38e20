// SPDX-License-Identifier: GPL-3.0-or-later
// Detectors made from numbers: a flat rectangle of square pixels across the beam.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "libspi/base/quantity.h"
#include "libspi/io/detector.h"

namespace spi {

/// A flat detector perpendicular to the beam. Pixel (row, column) has the flat index
/// row * columns + column; x grows with the column and y (up) with the row, so row 0 is the bottom.
struct DetectorGrid {
  std::size_t columns = 0, rows = 0;
  Length distance;    ///< sample to detector
  Length pixel_size;  ///< edge of a pixel
  Energy photon_energy;
  /// x, y of the beam in pixels, pixel centres at integers; the middle of the rectangle if not
  /// given
  std::optional<std::array<double, 2>> centre = {};
  bool flat_ewald = false;  ///< s = (cx/D, cy/D, 0), the small-angle approximation
};

/// With (cx, cy) the pixel from the beam in pixels, D the distance in pixels and
/// f = sqrt(cx^2 + cy^2 + D^2):
///   s = (cx/f, cy/f, D/f - 1), the difference of the unit vectors of scattered and incident beam;
///   correction = D/f^3 (1 - cx^2/f^2): solid angle times polarisation along x, divided by its
///   mean.
/// q = s / wavelength (Dragonfly's definition, Ayyer et al., J. Appl. Cryst. 49, 1320 (2016)).
/// UserError where a number is not positive. Every pixel is good.
Detector make_detector(const DetectorGrid& grid);

/// Mean over the pixels of D/f^3 (1 - cx^2/f^2): the solid angle in steradian times the
/// polarisation factor that a `correction` of 1 stands for.
double mean_solid_angle_sr(const Detector& detector);

/// Marks the pixels closer than `radius_px` to the beam as bad. UserError where none stays good.
void add_beam_stop(Detector& detector, double radius_px);

}  // namespace spi
