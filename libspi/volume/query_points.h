// SPDX-License-Identifier: GPL-3.0-or-later
// Where the pixels of a pattern look in reciprocal space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace spi {

/// P points in the laboratory frame, in voxels from the centre of the volume.
struct QueryPoints {
  std::vector<float> x, y, z;
  std::vector<std::uint32_t> pixel;  ///< [P] flat index in the pattern, ascending

  std::size_t size() const { return pixel.size(); }
};

/// The pixels of a size × size pattern no farther than size/2 (rounded down) from its centre pixel
/// (size/2, size/2): those that every orientation keeps inside a volume of that size, one voxel a
/// pixel. With the wavelength λ and q_per_voxel (1/Å) a pixel at (x, y) from the centre, whose
/// scattered beam has the direction (t_x, t_y, 1)/f, t = λ q_per_voxel (x, y), f = |(t_x, t_y, 1)|,
/// looks at q = (t_x/f, t_y/f, 1/f - 1)/λ on the Ewald sphere; without a wavelength at (x, y, 0).
QueryPoints disc_points(std::size_t size, double q_per_voxel,
                        std::optional<double> wavelength_A = {});

}  // namespace spi
