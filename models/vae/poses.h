// SPDX-License-Identifier: GPL-3.0-or-later
// Orientations and gains of patterns, matched by id.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/geometry/rotation.h"

namespace spi::vae {

/// The orientation of a pattern and how well it fits.
struct Pose {
  Quaternion model_from_lab;
  double gain = 1;  ///< best correlation over the mean of all
};

struct Poses {
  std::vector<Pose> pose;                    ///< [N] in the order of the ids asked for
  std::optional<std::string> symmetry = {};  ///< of the reference they were found with
};

/// From orientations.h5, one row for each of `ids` in any order. UserError that says which id has
/// no row, or a quaternion that is no rotation.
Poses read_poses(const std::filesystem::path& path, const std::vector<std::uint64_t>& ids);

/// The truth of simulated patterns: `truth/quaternion` [N, 4] of the file itself; gains 1.
Poses true_poses(const std::filesystem::path& path, std::size_t count);

}  // namespace spi::vae
