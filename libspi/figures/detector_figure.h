// SPDX-License-Identifier: GPL-3.0-or-later
// The picture of a detector: which pixels are used and how much they see, at their flat positions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "libspi/io/detector.h"
#include "libspi/plot/figure.h"

namespace spi {

/// Pixels binned into square cells at their flat positions (x, y in pixels from the beam, y up).
struct DetectorMap {
  std::size_t rows = 0, columns = 0;
  double cell_px = 1;                   ///< edge of a cell, a whole number of pixels
  plot::Range x{}, y{};                 ///< from edge to edge of the cells; row 0 at y.lo
  std::vector<double> use = {};         ///< [rows][columns] PixelUse of the worst pixel; NaN: none
  std::vector<double> correction = {};  ///< [rows][columns] mean; NaN: no pixel
};

/// At most `most_cells` cells a side. Elements of the data array that lie in no panel (at the beam,
/// with correction 0) are left out. A turned panel has no holes: where the grid misses its pixels
/// by rounding, a cell of one pixel takes the pixel nearest to its centre. UserError where no pixel
/// is left, or pixels lie too far apart to be drawn.
DetectorMap map_detector(const Detector& detector, std::size_t most_cells);

/// A circle of equal q about the beam on the flat detector.
struct QRing {
  double radius_px = 0;  ///< D tan(2θ), with q = 2 sin(θ) / wavelength
  std::string label;     ///< its q in 1/Å; without a wavelength its radius in pixels
};

/// Rings at round values up to the farthest pixel that is not bad.
std::vector<QRing> q_rings(const Detector& detector);

/// Pixel use and correction side by side, with rings of q and a cross at the beam. As seen against
/// the beam: x to the right, y up.
plot::Figure detector_figure(const Detector& detector, const std::string& title);

}  // namespace spi
