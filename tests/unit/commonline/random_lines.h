// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>

#include "libspi/base/random.h"
#include "libspi/commonline/cc_matrix.h"

namespace spi::test {

/// Lines of normal deviates, of norm 1.
inline LineSet random_lines(std::size_t patterns, std::size_t angles, std::size_t features,
                            std::uint64_t seed) {
  LineSet lines{patterns, angles, features, std::vector<float>(patterns * angles * features), {}};
  Random random(seed, 0, 0);
  for (std::size_t line = 0; line < patterns * angles; ++line) {
    float* x = &lines.values[line * features];
    double norm = 0;
    for (std::size_t f = 0; f < features; ++f) norm += std::pow(x[f] = float(random.normal()), 2);
    for (std::size_t f = 0; f < features; ++f) x[f] /= float(std::sqrt(norm));
  }
  return lines;
}

}  // namespace spi::test
