// SPDX-License-Identifier: GPL-3.0-or-later
// Orientations and gains of patterns, matched by id.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/geometry/point_group.h"
#include "libspi/io/stack.h"

namespace spi::vae {

/// The orientation of a pattern and how well it fits.
struct Pose {
  Quaternion model_from_lab;
  double gain = 1;  ///< best correlation over the mean of all
};

struct Poses {
  std::vector<Pose> pose;       ///< [N] in the order of the ids asked for
  std::string symmetry = "C1";  ///< they are known up to the rotations of its Laue class
};

/// From orientations.h5, the row of each of `ids`, in any order; an undefined gain is 1. UserError
/// that names the id without a row.
Poses read_poses(const std::filesystem::path& path, const std::vector<std::uint64_t>& ids);

/// The truth of simulated patterns: `truth/quaternion` [N, 4] of the file itself; gains 1.
Poses true_poses(const std::filesystem::path& path, const KeptRows& kept);

/// The group of a model on such poses: `asked`, or the poses' own. UserError where its Laue class
/// lacks a rotation that the poses are ambiguous by: they would contradict one another.
PointGroup model_symmetry(const Poses& poses, const std::optional<std::string>& asked);

}  // namespace spi::vae
