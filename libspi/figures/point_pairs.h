// SPDX-License-Identifier: GPL-3.0-or-later
// Points of a landscape drawn by pairs of their components.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libspi/embedding/points.h"
#include "libspi/io/coordinates.h"
#include "libspi/io/table.h"
#include "libspi/plot/figure.h"

namespace spi {

struct PointPairs {
  const Points& points;
  std::vector<std::string> labels;                  ///< [C] of the axes
  std::optional<Column> colour = {};                ///< [N]
  const std::vector<double>* covariance = nullptr;  ///< [N][C][C]: 1-sigma ellipses
  std::vector<std::size_t> marked = {};             ///< points under crosses
};

/// One axis label a component: "Isomap-1", ... after the title of the map.
std::vector<std::string> axis_labels(const std::string& title, std::size_t components);
/// After the map that made the coordinates, where they say it.
std::vector<std::string> axis_labels(const Coordinates& coordinates);

/// The labels of a column as categories of points.
plot::Categories categories_of(const Column& column);

/// Two components on one panel; of twice the same one, that over the number of the pattern.
void draw_pair(plot::Axes& axes, const PointPairs& pairs, std::size_t first, std::size_t second);

/// Pairs of the first three components side by side; one panel where there are fewer.
plot::Figure pairs_figure(const PointPairs& pairs);

}  // namespace spi
