// SPDX-License-Identifier: GPL-3.0-or-later
// Frames placed by a trained model. Includes LibTorch.
#pragma once

#include "libspi/io/model.h"
#include "models/reconstruction/pose_model.h"

namespace spi {

/// The field on a cube of two voxels a cell, over the mean by |q| of `images`: W > 0.
Cube field_cube(const PoseModel& model, const Preprocessing& preprocessing, int threads,
                Monitor& monitor);

/// The frames' best orientations: the network sees each in all 8 images of the square, and the
/// likelihood of its photons on slices of `cube` decides among what it says, then climbs for
/// `steps` (0: not at all). Fills id, quaternion, fluence, probability (of the best and what is
/// within a spread of it among the 8), width_rad, gain.
void place_frames(const PoseModel& model, const Cube& cube, const Images& images,
                  std::size_t steps, int threads, Monitor& monitor, Model& out);

}  // namespace spi
