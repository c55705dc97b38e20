// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/query_points.h"

#include <cmath>

#include "libspi/base/error.h"

namespace spi {

QueryPoints disc_points(std::size_t size, double q_per_voxel, std::optional<double> wavelength_A) {
  SPI_ASSERT(size % 2 == 1 && q_per_voxel > 0);
  const double step = wavelength_A ? *wavelength_A * q_per_voxel : 0;  // t of one pixel
  const int half = int(size / 2);
  QueryPoints points;
  for (int y = -half; y <= half; ++y)
    for (int x = -half; x <= half; ++x) {
      if (x * x + y * y > half * half) continue;
      const double t2 = step * step * (x * x + y * y), f = std::sqrt(1 + t2);
      points.x.push_back(float(x / f));
      points.y.push_back(float(y / f));
      points.z.push_back(step > 0 ? float(-t2 / (f * (1 + f)) / step) : 0.f);
      points.pixel.push_back(std::uint32_t((y + half) * int(size) + x + half));
    }
  return points;
}

}  // namespace spi
