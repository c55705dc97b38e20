// SPDX-License-Identifier: GPL-3.0-or-later
// What the readers of detector formats share.
#pragma once

#include <string>
#include <vector>

#include "libspi/io/detector.h"

namespace spi {

/// qx, qy, qz, corr, mask, detd, ewald_rad of an open Dragonfly file.
Detector read_dragonfly_detector(const h5::File& file, const DetectorHints& hints);

/// UsageError unless what the hints give is positive.
void check_hints(const DetectorHints& hints);

/// Puts the wavelength and the pixel size of the hints, which it checks, into a detector that has
/// its shape.
void apply_hints(Detector& detector, const DetectorHints& hints);

/// Divides by the mean over all pixels; UserError naming `where` unless that is positive.
void normalise_correction(std::vector<double>& correction, const std::string& where);

/// A dataset of 0, 1 and 2 as PixelUse.
std::vector<PixelUse> read_use(const h5::File& file, const std::string& dataset);

}  // namespace spi
