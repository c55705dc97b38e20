// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/polar_grid.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {

PolarGrid unit_spaced_grid(double r_min, double r_max, std::size_t angles) {
  SPI_ASSERT(r_min >= 0 && angles >= 1);
  if (!(r_max >= r_min))
    fail("no circle about the centre lies between the radii ", r_min, " and ", r_max,
         " pixels: the centre must be within the patterns (--center x,y)");
  PolarGrid grid{.radii_px = {}, .angles = angles};
  const auto rings = static_cast<std::size_t>(std::floor(r_max - r_min + 1e-9)) + 1;
  for (std::size_t k = 0; k < rings; ++k) grid.radii_px.push_back(r_min + double(k));
  return grid;
}

PolarSampler::PolarSampler(const PolarGrid& grid, std::size_t rows, std::size_t columns,
                           std::array<double, 2> centre)
    : columns_(columns) {
  if (rows < 2 || columns < 2 || rows * columns > std::numeric_limits<std::uint32_t>::max())
    fail("a pattern of ", columns, " x ", rows, " pixels cannot be resampled");
  points_.reserve(grid.size());
  for (const double radius : grid.radii_px) {
    for (std::size_t t = 0; t < grid.angles; ++t) {
      const double angle = 2 * std::numbers::pi * double(t) / double(grid.angles);
      const double x = centre[0] + radius * std::cos(angle);
      const double y = centre[1] + radius * std::sin(angle);
      // A point a rounding error outside the last pixel centre still counts as inside.
      constexpr double kSlack = 1e-6;
      const bool inside = x >= -kSlack && y >= -kSlack && x <= double(columns - 1) + kSlack &&
                          y <= double(rows - 1) + kSlack;
      const double column = std::clamp(std::floor(x), 0., double(columns - 2));
      const double row = std::clamp(std::floor(y), 0., double(rows - 2));
      points_.push_back({static_cast<std::uint32_t>(row * double(columns) + column),
                         static_cast<float>(x - column), static_cast<float>(y - row), inside});
    }
  }
}

void PolarSampler::sample(const float* image, const float* weight, float* value,
                          float* value_weight) const {
  for (std::size_t k = 0; k < points_.size(); ++k) {
    const Point& p = points_[k];
    const std::size_t corners[] = {p.corner, p.corner + 1, p.corner + columns_,
                                   p.corner + columns_ + 1};
    const float shares[] = {(1 - p.right) * (1 - p.down), p.right * (1 - p.down),
                            (1 - p.right) * p.down, p.right * p.down};
    float sum = 0, total = 0, covered = 0;
    for (int c = 0; c < 4; ++c) {
      const float w = weight[corners[c]];
      const float share = shares[c] * w;
      total += share;
      if (w > 0) sum += share * image[corners[c]], covered += shares[c];
    }
    const bool usable = p.inside && covered >= 0.5f;
    value[k] = usable ? sum / total : 0;
    value_weight[k] = usable ? total : 0;
  }
}

double inscribed_radius(std::size_t rows, std::size_t columns, std::array<double, 2> centre) {
  return std::min(
      {centre[0], centre[1], double(columns - 1) - centre[0], double(rows - 1) - centre[1]});
}

}  // namespace spi
