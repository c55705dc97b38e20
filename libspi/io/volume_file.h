// SPDX-License-Identifier: GPL-3.0-or-later
// Volumes on disk: MRC/CCP4 mode 2 through gemmi, with the voxel size that must not be lost.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace spi {

/// A cube or box, [z][y][x], x fastest; voxel edge in Å (of reciprocal volumes too: see the file).
struct Volume {
  std::size_t nz = 0, ny = 0, nx = 0;
  std::vector<float> values = {};
  double voxel_size_A = 0;
};

/// UserError on damage, non-finite values, a missing voxel size or axes of different voxel size.
Volume read_mrc(const std::filesystem::path& path);
/// The same from bytes (fuzzed); `name` is for messages.
Volume parse_mrc(const char* data, std::size_t size, const std::string& name);
/// Atomic; UserError unless voxel_size_A > 0.
void write_mrc(const std::filesystem::path& path, const Volume& volume);

}  // namespace spi
