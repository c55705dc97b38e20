// SPDX-License-Identifier: GPL-3.0-or-later
// Small series on disk: balls of constant density that grow.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numbers>
#include <string>
#include <vector>

#include "libspi/movie/state_series.h"
#include "tests/unit/folder.h"

namespace spi {

constexpr std::size_t kSide = 40;
constexpr double kVoxel_A = 10;
constexpr std::size_t kStates = 3;

/// Radius of the ball of a state, in voxels.
inline double radius_of(std::size_t state) { return 7 + double(state); }

/// Density 2 inside, its rim spread over about two voxels.
inline Volume ball_volume(double radius, double voxel_A = kVoxel_A) {
  Volume v{kSide, kSide, kSide, {}, voxel_A};
  const double c = double(kSide / 2);
  for (std::size_t z = 0; z < kSide; ++z)
    for (std::size_t y = 0; y < kSide; ++y)
      for (std::size_t x = 0; x < kSide; ++x)
        v.values.push_back(
            float(1 - std::tanh(std::hypot(double(x) - c, double(y) - c, double(z) - c) - radius)));
  return v;
}

class Movies : public testing::Test {
 protected:
  /// kStates balls at z = (0, 0), (1, 0), (2, 0), with 5, 3 and 4 data near them.
  std::filesystem::path densities() {
    const auto path = folder / "states.h5";
    VolumesWriter writer(path, Quantity::density, {});
    for (std::size_t m = 0; m < kStates; ++m) writer.append(ball_volume(radius_of(m)));
    write_latent_states(writer.file(), {2, {0, 0, 1, 0, 2, 0}, {5, 3, 4}});
    writer.finish();
    return path;
  }

  /// Ten data at (0.5, 0), one at (0.5, 0.2), two far away.
  std::filesystem::path latents() {
    const auto path = folder / "latents.h5";
    h5::File file = h5::File::create(path);
    std::vector<float> mu;
    for (int k = 0; k < 10; ++k) mu.insert(mu.end(), {0.5f, 0.f});
    mu.insert(mu.end(), {0.5f, 0.2f, 9, 9, -9, 9});
    file.write("/mu", mu, {13, 2});
    file.close();
    return path;
  }

  const test::Folder folder;
};

}  // namespace spi
