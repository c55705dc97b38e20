// SPDX-License-Identifier: GPL-3.0-or-later
// Frames placed by a trained model. Includes LibTorch.
#pragma once

#include "libspi/base/monitor.h"
#include "libspi/io/model.h"
#include "libspi/learn/chunk_gradients.h"
#include "models/reconstruction/pose_model.h"

namespace spi {

/// Voxels of the cube of a field beyond the rim, and from its centre to the rim.
inline constexpr std::size_t kFieldBorder = 2;
inline double rim_voxels(const Cube& cube) { return double(cube.n / 2 - kFieldBorder); }

/// All ranks, each of which evaluates its part: the field on a cube of two voxels a cell, over the
/// mean by |q| of `images`: W > 0.
Cube field_cube(const PoseModel& model, const Preprocessing& preprocessing,
                const learn::Hands& hands, Monitor& monitor);

/// Frames that the network sees at a time: fixed, as its rounding depends on them.
inline constexpr std::size_t kPlacedTogether = 64;

/// The best orientations of frames [begin, end) of the images, appended to `out`: the network sees
/// each in several images of the square, and the likelihood of its photons on slices of `cube`
/// decides among what it says, then climbs for `steps` (0: not at all). Fills id, quaternion,
/// fluence, gain, width_rad, and probability: that of the best and its neighbourhood among the
/// images' answers.
void place_frames(const PoseModel& model, const Cube& cube, const Images& images, std::size_t begin,
                  std::size_t end, std::size_t steps, int threads, Progress& progress, Model& out);

}  // namespace spi
