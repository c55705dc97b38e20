// SPDX-License-Identifier: GPL-3.0-or-later
// Central planes of a volume, for pictures.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "libspi/geometry/rotation.h"

namespace spi {

/// A plane through the centre, seen along `normal`; `across` points to the right.
struct Section {
  std::string_view name;
  Vector3 normal, across;
};

/// Perpendicular to <100>, <110> and <111>: the faces, edges and corners of a cube.
inline constexpr std::array<Section, 3> kSections{{{"<100>", {0, 0, 1}, {1, 0, 0}},
                                                   {"<110>", {1, 1, 0}, {1, -1, 0}},
                                                   {"<111>", {1, 1, 1}, {1, -1, 0}}}};

/// [n][n] values of a cube [n][n][n] on the plane, centre pixel n/2, row 0 at the bottom;
/// trilinear; NaN farther than n/2 (rounded down) from the centre.
std::vector<float> section(std::span<const float> cube, std::size_t n, const Section& plane);

}  // namespace spi
