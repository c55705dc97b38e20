// SPDX-License-Identifier: GPL-3.0-or-later
// Points of which the clusters are known.
#pragma once

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "libspi/base/random.h"
#include "libspi/embedding/points.h"

namespace spi {

/// Points with the cluster that each was drawn from.
struct KnownClusters {
  Points points;
  std::vector<int> label;

  void add(const std::vector<double>& point, int of) {
    points.components = point.size();
    points.embedding.insert(points.embedding.end(), point.begin(), point.end());
    ++points.rows;
    label.push_back(of);
  }
};

/// Three Gaussians in two components: 300 round ones at (0, 0), 200 at (8, 0) long in y (standard
/// deviations 0.5 and 2), 100 at (0, 8) tilted.
inline KnownClusters three_gaussians(std::uint64_t seed) {
  KnownClusters known;
  Random random(seed, 0, 0);
  for (int i = 0; i < 600; ++i) {
    const double u = random.normal(), v = random.normal();
    if (i % 6 < 3)
      known.add({u, v}, 0);
    else if (i % 6 < 5)
      known.add({8 + 0.5 * u, 2 * v}, 1);
    else
      known.add({u, 8 + 0.9 * u + 0.4 * v}, 2);
  }
  return known;
}

/// Two half circles of radius 1, each reaching into the other, blurred by `noise`.
inline KnownClusters two_moons(std::size_t per_moon, double noise, std::uint64_t seed) {
  KnownClusters known;
  Random random(seed, 1, 0);
  for (std::size_t i = 0; i < 2 * per_moon; ++i) {
    const double angle = std::numbers::pi * random.uniform();
    const double x = i % 2 ? 1 - std::cos(angle) : std::cos(angle);
    const double y = i % 2 ? 0.5 - std::sin(angle) : std::sin(angle);
    known.add({x + noise * random.normal(), y + noise * random.normal()}, int(i % 2));
  }
  return known;
}

inline Points one_gaussian(std::size_t count, std::size_t components, std::uint64_t seed) {
  Points points{.rows = count, .components = components, .embedding = {}};
  Random random(seed, 2, 0);
  for (std::size_t k = 0; k < count * components; ++k) points.embedding.push_back(random.normal());
  return points;
}

}  // namespace spi
