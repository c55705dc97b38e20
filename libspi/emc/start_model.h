// SPDX-License-Identifier: GPL-3.0-or-later
// Where a reconstruction begins that does not begin with noise.
#pragma once

#include "libspi/emc/volume_emc.h"

namespace spi {

/// W of the options' reference or shape: its intensities over the mean of their shell, symmetrised.
/// UserError where a reference holds densities or ends inside the outermost ring.
Cube start_model(const EmcOptions& options, const EmcSetting& setting, const Detector& detector,
                 int threads);

/// The orientations that a file gives the store's frames, by id. UserError where it holds none, or
/// a frame is not in it.
std::vector<Quaternion> start_poses(const std::filesystem::path& path, const FrameStore& store);

/// Whether I(q) = I(-q) relates opposite pixels: on all rings they look at points less than half a
/// pixel of q from being opposite.
bool folds(const Detector& detector, const PolarBinningOptions& polar);

}  // namespace spi
