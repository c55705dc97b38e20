// SPDX-License-Identifier: GPL-3.0-or-later
// Orientations that are given, not drawn.
#pragma once

#include <filesystem>
#include <vector>

#include "libspi/geometry/rotation.h"

namespace spi {

/// The rows [w, x, y, z] of a file, model_from_lab, scaled to norm 1: the dataset `quaternion` or
/// `truth/quaternion` of an HDF5 file (orientations.h5, model.h5, simulated frames and averages),
/// or text with four numbers a line, blanks or commas between them (# comments). UserError where
/// the file cannot be read or holds none, or a norm is not 1 to a hundredth.
std::vector<Quaternion> read_quaternions(const std::filesystem::path& path);

}  // namespace spi
