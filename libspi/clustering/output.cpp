// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "libspi/clustering/clusters.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/record.h"

namespace spi {
namespace {

void write_scores(h5::File& file, const Clusters& clusters) {
  if (clusters.scores.empty()) return;
  std::vector<std::int32_t> count;
  std::vector<double> score;
  for (const ClusterScore& one : clusters.scores) {
    count.push_back(std::int32_t(one.clusters));
    score.push_back(one.score);
  }
  file.write("/score/clusters", count);
  file.write("/score/value", score);
  file.set_attribute("/score", "name", score_name(clusters.method));
}

}  // namespace

void write_clusters(const std::filesystem::path& path, const Clusters& clusters,
                    const Coordinates& coordinates, const Provenance& provenance) {
  const std::size_t n = coordinates.rows, c = coordinates.components, k = clusters.size.size();
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, "spi-clusters", provenance);
  file.write("/id", coordinates.id);
  file.write("/embedding", std::vector<float>(coordinates.values.begin(), coordinates.values.end()),
             {n, c});
  if (!coordinates.map.empty()) file.set_attribute("/embedding", "map", coordinates.map);
  const Partition& partition = clusters.partition;
  file.write("/cluster", std::vector<std::int32_t>(partition.label.begin(), partition.label.end()));
  file.set_attribute("/cluster", "method", std::string(name_of(clusters.method)));
  file.set_attribute("/cluster", "components", std::int64_t(clusters.components));
  if (clusters.min_size > 0)
    file.set_attribute("/cluster", "min_size", std::int64_t(clusters.min_size));
  file.write("/probability",
             std::vector<float>(partition.probability.begin(), partition.probability.end()));
  file.write("/cluster_size",
             std::vector<std::uint64_t>(clusters.size.begin(), clusters.size.end()));
  file.write("/centre", clusters.centre, {k, c});
  if (clusters.stability) {
    file.write("/cluster_stability", clusters.stability->jaccard);
    file.set_attribute("/cluster_stability", "adjusted_rand_index", clusters.stability->rand_index);
  }
  write_scores(file, clusters);
  file.close();
  target.commit();
}

std::vector<Column> clusters_table(const Clusters& clusters, const Coordinates& coordinates) {
  std::vector<Column> columns{{.name = "id", .values = {}, .labels = {}}};
  columns[0].values.assign(coordinates.id.begin(), coordinates.id.end());
  for (std::size_t c = 0; c < coordinates.components; ++c) {
    Column column{.name = text_of("c", c + 1), .values = {}, .labels = {}};
    for (std::size_t i = 0; i < coordinates.rows; ++i)
      column.values.push_back(coordinates.row(i)[c]);
    columns.push_back(std::move(column));
  }
  const Partition& partition = clusters.partition;
  columns.push_back({.name = "cluster",
                     .values = {partition.label.begin(), partition.label.end()},
                     .labels = {}});
  columns.push_back({.name = "probability", .values = partition.probability, .labels = {}});
  return columns;
}

}  // namespace spi
