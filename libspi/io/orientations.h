// SPDX-License-Identifier: GPL-3.0-or-later
// orientations.h5: how each pattern lies in three dimensions.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "libspi/cli/provenance.h"

namespace spi {

/// model_from_lab of one pattern, [w, x, y, z] of norm 1.
using QuaternionRow = std::array<double, 4>;

/// One row a pattern, [N] each. Orientations are known up to the rotations of the Laue class of
/// `symmetry`; the one of smallest angle stands for all.
struct Orientations {
  std::vector<std::uint64_t> id;          ///< of the pattern
  std::vector<QuaternionRow> quaternion;  ///< the best
  std::vector<double> cc;                 ///< its correlation with the reference
  std::vector<double> gain;  ///< cc over the mean correlation of all orientations; NaN: undefined
  std::vector<double> size;  ///< of the particle over the reference's
  std::vector<QuaternionRow> second_quaternion;  ///< the best that is not equivalent; NaN: none
  std::vector<double> margin;                    ///< cc less that of the second; NaN: none
  std::vector<double> twin_margin;  ///< cc less that of the half turn about the beam, >= 0

  std::vector<std::uint64_t> reference_index = {};  ///< of several references the best; or empty

  std::string symmetry = "C1";  ///< Schoenflies name of the particle's point group
  std::string reference = {};   ///< in words; several: "; " between
  double spacing_deg = 0;       ///< of the grid that was searched
  std::uint64_t searched = 0;   ///< orientations in the fundamental zone

  std::size_t count() const { return id.size(); }
};

/// Datasets by the names of the fields: `quaternion`, `second_quaternion` [N,4] f8; `cc`, `gain`,
/// `size`, `margin`, `twin_margin` [N] f8; `id`, `reference_index` [N] u8. Root attributes
/// symmetry, reference, spacing_deg, searched; root record "spi-orientations". Atomic.
void write_orientations(const std::filesystem::path& path, const Orientations& orientations,
                        const Provenance& provenance);

/// UserError where the file is none of this kind, columns differ in length, an id comes twice, or
/// a quaternion is not of norm 1 (to 1e-6) or a correlation not finite.
Orientations read_orientations(const std::filesystem::path& path);

}  // namespace spi
