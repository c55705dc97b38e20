// SPDX-License-Identifier: GPL-3.0-or-later
// Fields whose surfaces are known.
#pragma once

#include <algorithm>
#include <cmath>

#include "libspi/render/field.h"

namespace spi {

/// The distance to the nearest of some balls, negative outside: level 0 is their surface.
inline Field balls(std::size_t n, const std::vector<std::array<double, 4>>& centre_and_radius) {
  Field field{n, 1, std::vector<float>(n * n * n, -1e3f)};
  const double middle = double(n / 2);
  for (std::size_t z = 1; z + 1 < n; ++z)
    for (std::size_t y = 1; y + 1 < n; ++y)
      for (std::size_t x = 1; x + 1 < n; ++x)
        for (const auto& [cx, cy, cz, radius] : centre_and_radius) {
          float& v = field.values[(z * n + y) * n + x];
          v = std::max(v,
                       float(radius - std::hypot(double(x) - middle - cx, double(y) - middle - cy,
                                                 double(z) - middle - cz)));
        }
  return field;
}

inline Field ball(std::size_t n, double radius) { return balls(n, {{0, 0, 0, radius}}); }

}  // namespace spi
