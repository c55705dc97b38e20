// SPDX-License-Identifier: GPL-3.0-or-later
// An object without symmetry that can be written down anywhere: a few Gaussian balls.
#pragma once

#include <cmath>
#include <vector>

#include "libspi/volume/spline_volume.h"

namespace spi {

struct Blob {
  Vector3 at;  ///< of a field of edge 1
  double weight, width;
};

inline std::vector<Blob> lopsided() {
  return {{{0.12, 0.02, -0.05}, 1.0, 0.035},
          {{-0.1, 0.11, 0.03}, 0.7, 0.045},
          {{-0.03, -0.13, 0.06}, 1.3, 0.03},
          {{0.02, 0.04, 0.15}, 0.9, 0.04},
          {{0.05, -0.03, -0.16}, 0.6, 0.05}};
}

/// The balls after a motion (shift in voxels) on n voxels a side.
inline std::vector<float> density_of(const std::vector<Blob>& blobs, std::size_t n,
                                     const RigidMotion& motion = {}) {
  std::vector<float> values(n * n * n);
  for (const Blob& blob : blobs) {
    Vector3 centre = rotate(motion.rotation, blob.at);
    for (std::size_t k = 0; k < 3; ++k)
      centre[k] =
          (motion.inverted ? -1 : 1) * centre[k] * double(n) + motion.shift[k] + double(n / 2);
    const double scale = -0.5 / std::pow(blob.width * double(n), 2);
    for (std::size_t z = 0, i = 0; z < n; ++z)
      for (std::size_t y = 0; y < n; ++y)
        for (std::size_t x = 0; x < n; ++x, ++i)
          values[i] += float(blob.weight * std::exp(scale * (std::pow(double(x) - centre[0], 2) +
                                                             std::pow(double(y) - centre[1], 2) +
                                                             std::pow(double(z) - centre[2], 2))));
  }
  return values;
}

}  // namespace spi
