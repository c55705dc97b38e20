// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/contrast_field.h"

#include <cmath>
#include <numbers>

namespace spi {

ContrastPoints contrast_points(double radius) {
  constexpr std::size_t kPoints = 1500, kShells = 6;
  ContrastPoints points;
  double area = 0;
  for (std::size_t s = 0; s < kShells; ++s) area += std::pow(0.25 + 0.15 * double(s), 2);
  for (std::size_t s = 0; s < kShells; ++s) {
    const double part = 0.25 + 0.15 * double(s), r = part * radius;
    const auto count = std::size_t(double(kPoints) * part * part / area) + 1;
    for (std::size_t i = 0; i < count; ++i) {
      const double z = (double(i) + 0.5) / double(count), rho = std::sqrt(1 - z * z);
      const double turn =
          2 * std::numbers::pi * (double(i) / std::numbers::phi + double(s) * std::numbers::phi);
      points.x.push_back(float(r * rho * std::cos(turn)));
      points.y.push_back(float(r * rho * std::sin(turn)));
      points.z.push_back(float(r * z));
    }
  }
  return points;
}

}  // namespace spi
