// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/measure/radial.h"

#include <cmath>
#include <limits>

#include "libspi/polar/polar_grid.h"

namespace spi {

std::array<double, 2> centre_of(const StackInfo& info) {
  return info.centre.value_or(
      std::array<double, 2>{double(info.columns / 2), double(info.rows / 2)});
}

RadialProfile radial_profile(std::span<const float> intensity, std::span<const float> weight,
                             std::size_t rows, std::size_t columns, std::array<double, 2> centre) {
  const auto rings = std::size_t(std::max(0.0, inscribed_radius(rows, columns, centre))) + 1;
  RadialProfile profile{std::vector<double>(rings), std::vector<double>(rings)};
  for (std::size_t y = 0, i = 0; y < rows; ++y)
    for (std::size_t x = 0; x < columns; ++x, ++i) {
      const auto r =
          std::size_t(std::lround(std::hypot(double(x) - centre[0], double(y) - centre[1])));
      if (r >= rings || !(weight[i] > 0)) continue;
      profile.mean[r] += intensity[i];
      ++profile.pixels[r];
    }
  for (std::size_t r = 0; r < rings; ++r)
    profile.mean[r] = profile.pixels[r] > 0 ? profile.mean[r] / profile.pixels[r]
                                            : std::numeric_limits<double>::quiet_NaN();
  return profile;
}

RadialSet radial_profiles(StackReader& stack, Monitor& monitor) {
  const StackInfo& info = stack.info();
  RadialSet set{.patterns = info.count, .rings = 0, .mean = {}, .id = stack.ids()};
  Progress progress(monitor, "radial intensities", info.count);
  for (std::size_t i = 0; i < info.count; ++i) {
    const Patterns p = stack.read(i, 1);
    const auto profile =
        radial_profile(p.intensity, p.weight, info.rows, info.columns, centre_of(info));
    set.rings = profile.mean.size();
    set.mean.insert(set.mean.end(), profile.mean.begin(), profile.mean.end());
    progress.advance();
  }
  return set;
}

}  // namespace spi
