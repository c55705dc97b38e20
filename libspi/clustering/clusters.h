// SPDX-License-Identifier: GPL-3.0-or-later
// Clusters of a landscape: found, numbered, and tried by resampling.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/cli/provenance.h"
#include "libspi/clustering/options.h"
#include "libspi/clustering/partition.h"
#include "libspi/io/coordinates.h"
#include "libspi/io/table.h"

namespace spi {

/// How good a division into so many clusters is.
struct ClusterScore {
  std::size_t clusters;
  double score;
};

/// How far clusters come back when the points are drawn anew (Hennig 2007).
struct ClusterStability {
  std::vector<double> jaccard;  ///< [K] mean over resamples of the best match's |A∩B|/|A∪B|
  double rand_index = 0;        ///< mean adjusted Rand index
};

struct Clusters {
  ClusterMethod method = ClusterMethod::density;
  std::size_t components = 0;     ///< leading coordinates that were used
  std::size_t min_size = 0;       ///< of density
  Partition partition;            ///< [N]; of patterns without a place -1
  std::vector<std::size_t> size;  ///< [K] largest first
  std::vector<double> centre;     ///< [K][C] mean of the members, in all coordinates
  std::optional<ClusterStability> stability;
  std::vector<ClusterScore> scores;  ///< silhouettes (kmeans) or BIC (mixture) of every K tried
  std::size_t placed = 0;            ///< patterns whose coordinates are finite
};

/// Clusters the patterns whose coordinates are finite; the others keep label -1. `path` names the
/// file in errors. Random draws are keyed by `seed`; the same for any thread count.
Clusters find_clusters(const Coordinates& coordinates, const std::filesystem::path& path,
                       const ClusterOptions& options, std::uint64_t seed, int threads,
                       Monitor& monitor);

/// "silhouette", "BIC", or nothing for density.
std::string score_name(ClusterMethod method);

/// Writes clusters.h5 as docs/formats.md describes it.
void write_clusters(const std::filesystem::path& path, const Clusters& clusters,
                    const Coordinates& coordinates, const Provenance& provenance);

/// id, coordinates, cluster, probability.
std::vector<Column> clusters_table(const Clusters& clusters, const Coordinates& coordinates);

/// What was found, a line each: the best scores, and of every cluster its size and stability.
std::vector<std::string> describe_clusters(const Clusters& clusters);

/// The last line of a run.
std::string summary(const Clusters& clusters);

}  // namespace spi
