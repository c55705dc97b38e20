// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/options.h"

#include <algorithm>
#include <cmath>

namespace spi {

void ClusterOptions::describe(OptionSet& options) {
  options.group("Clusters");
  options.add("method", method,
              "kmeans: round clusters of like extent; mixture: ellipses, with probabilities; "
              "density: crowded regions of any form, and noise between them");
  options
      .add("clusters", clusters,
           "number of clusters of kmeans and mixture; auto: the best silhouette of kmeans, the "
           "least "
           "BIC of mixture; density finds it")
      .range(1, 10000);
  options.add("max-clusters", max_clusters, "most clusters that auto tries").range(2, 1000);
  options
      .add("min-size", min_size,
           "fewest patterns of a cluster of density; auto: half the root of their number, at least "
           "5")
      .range(2, 1e9);
  options.add("components", components, "leading coordinates to use; auto: all").range(1, 1000);
  options
      .add("bootstrap", bootstrap,
           "resamples that are clustered again to see which clusters come back; 0: none")
      .range(0, 10000);
}

void ClusterOptions::check(std::size_t points, std::size_t available) const {
  constexpr std::size_t kFewest = 3;
  if (points < kFewest)
    fail("clusters need at least ", kFewest, " patterns with coordinates, there are ", points);
  if (components_of(available) > available)
    fail_usage("--components is ", *components, ", but every pattern has ", available);
  if (method == ClusterMethod::density && clusters)
    fail_usage(
        "--clusters cannot be given to --method density, which finds the number: change "
        "--min-size, or use kmeans or mixture");
  if (method != ClusterMethod::density && min_size)
    fail_usage("--min-size is for --method density only");
  if (clusters && *clusters > points)
    fail_usage("--clusters is ", *clusters, ", but only ", points, " patterns have coordinates");
  if (min_size && *min_size > points)
    fail_usage("--min-size is ", *min_size, ", but only ", points, " patterns have coordinates");
}

std::size_t ClusterOptions::min_size_for(std::size_t points) const {
  constexpr std::size_t kLeast = 5;
  const auto half_root = std::size_t(std::sqrt(double(points)) / 2);
  return min_size.value_or(std::min(points, std::max(kLeast, half_root)));
}

}  // namespace spi
