// SPDX-License-Identifier: GPL-3.0-or-later
// The atoms of an mmCIF file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libspi/geometry/rotation.h"

namespace spi {

/// One row of the loop _atom_site.
struct CifAtom {
  std::string element;
  Vector3 position_A{};
  double occupancy = 1, b_iso = 0;
  std::string model = "1";
};

/// Whether a text is CIF: its first word begins with "data_".
bool is_cif(std::string_view text);

/// The rows of the first loop _atom_site (CIF 1.1; Hall et al., Acta Cryst. A47, 655 (1991)), in
/// order; the values ? and . mean the default. UserError where the loop is missing or cut short, or
/// a number is none. Any bytes give rows or a UserError.
std::vector<CifAtom> parse_cif_atoms(std::string_view text);

}  // namespace spi
