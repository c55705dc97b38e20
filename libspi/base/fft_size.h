// SPDX-License-Identifier: GPL-3.0-or-later
// Sizes that fast Fourier transforms like.
#pragma once

#include <cstddef>

namespace spi {

/// The smallest product of powers of 2, 3 and 5 that is at least `size` >= 1.
inline std::size_t fast_fft_size(std::size_t size) {
  for (;; ++size) {
    std::size_t rest = size;
    for (const std::size_t factor : {2, 3, 5})
      while (rest % factor == 0) rest /= factor;
    if (rest == 1) return size;
  }
}

}  // namespace spi
