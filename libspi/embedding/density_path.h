// SPDX-License-Identifier: GPL-3.0-or-later
// Ways through a cloud of points that stay where the points are.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace spi {

/// N points of `dim` dimensions, [N][dim].
struct PointCloud {
  std::span<const float> values;
  std::size_t dim = 0;
  std::size_t count() const { return values.size() / dim; }
};

/// How many points lie within `radius` of `at` [dim].
std::size_t support(const PointCloud& cloud, std::span<const double> at, double radius);

/// The point nearest to `at`, and its distance.
struct Nearest {
  std::size_t index = 0;
  double distance = 0;
};
Nearest nearest_point(const PointCloud& cloud, std::span<const double> at);

struct DensityPathOptions {
  std::size_t neighbours = 12;
  double radius = 0.25;  ///< a place with no point so near is empty
};

/// `steps` >= 2 places [steps][dim] from `from` to `to`, equal lengths apart, along the shortest
/// path in the graph of nearest neighbours (each point and its `neighbours`, both ways) whose edges
/// cost their length times the mean distance of their ends to their farthest neighbour: dense
/// regions are short. Smoothed, the ends fixed. O(N² dim). Deterministic.
/// UserError where an end, or a place on the way, is empty, or no path leads there: it names the
/// nearest point by its row.
std::vector<double> density_path(const PointCloud& cloud, std::span<const double> from,
                                 std::span<const double> to, std::size_t steps,
                                 const DensityPathOptions& options = {});

}  // namespace spi
