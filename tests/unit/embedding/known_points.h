// SPDX-License-Identifier: GPL-3.0-or-later
// Points on known manifolds, and measures of how a map shows them.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "libspi/base/random.h"
#include "libspi/embedding/neighbours.h"
#include "libspi/embedding/points.h"
#include "tests/reference/map_reference.h"

namespace spi {

inline reference::Table table_of(const Points& points) {
  reference::Table table(points.rows);
  for (std::size_t i = 0; i < points.rows; ++i)
    for (std::size_t c = 0; c < points.components; ++c) table[i].push_back(points.at(i, c));
  return table;
}

inline Points points_of(const reference::Table& table) {
  Points points{.rows = table.size(), .components = table[0].size(), .embedding = {}};
  for (const auto& row : table)
    points.embedding.insert(points.embedding.end(), row.begin(), row.end());
  return points;
}

inline Distances distances_of(const reference::Table& table) {
  const Points points = points_of(table);
  return row_distances({points.embedding.begin(), points.embedding.end()}, points.rows, 2);
}

inline reference::Table random_points(std::size_t n, std::size_t components, std::uint64_t seed) {
  reference::Table table(n, std::vector<double>(components));
  Random random(seed, 0, 0);
  for (auto& row : table)
    for (double& x : row) x = random.normal();
  return table;
}

/// A band rolled up in three dimensions; `along` and `across` are its flat coordinates.
struct SwissRoll {
  reference::Table points;
  std::vector<double> along, across;
};

inline SwissRoll swiss_roll(std::size_t n, std::uint64_t seed) {
  constexpr double kHeight = 12;
  SwissRoll roll;
  Random random(seed, 1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const double t = std::numbers::pi * (1.5 + 3 * random.uniform());
    const double h = kHeight * random.uniform();
    roll.points.push_back({t * std::cos(t), h, t * std::sin(t)});
    // Arc length of the spiral of Archimedes r = t.
    roll.along.push_back((t * std::sqrt(1 + t * t) + std::asinh(t)) / 2);
    roll.across.push_back(h);
  }
  return roll;
}

/// `per_group` points around each of `groups` centres on the axes, `apart` standard deviations from
/// the origin; the group of point i is i modulo `groups`.
inline reference::Table separate_groups(std::size_t groups, std::size_t per_group, double apart,
                                        std::uint64_t seed) {
  reference::Table table = random_points(groups * per_group, groups, seed);
  for (std::size_t i = 0; i < table.size(); ++i) table[i][i % groups] += apart;
  return table;
}

inline double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const double n = double(x.size());
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) mx += x[i] / n, my += y[i] / n;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx), yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xy / std::sqrt(xx * yy);
}

/// Share of the points whose nearest neighbour in the map has the same i modulo `groups`.
inline double kept_apart(const Points& map, std::size_t groups) {
  const reference::Table d = reference::distances(table_of(map));
  std::size_t right = 0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    std::size_t best = i == 0 ? 1 : 0;
    for (std::size_t j = 0; j < d.size(); ++j)
      if (j != i && d[i][j] < d[i][best]) best = j;
    right += best % groups == i % groups;
  }
  return double(right) / double(d.size());
}

}  // namespace spi
