// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/clusters.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "libspi/clustering/density.h"
#include "libspi/clustering/kmeans.h"
#include "libspi/clustering/mixture.h"
#include "libspi/clustering/stability.h"

namespace spi {
namespace {

constexpr std::size_t kKMeansStarts = 20, kMixtureStarts = 8;

/// The leading coordinates of the rows that have a place.
Points placed_points(const Coordinates& coordinates, const std::vector<std::size_t>& rows,
                     std::size_t components) {
  Points points{.rows = rows.size(), .components = components, .embedding = {}};
  for (const std::size_t i : rows)
    for (std::size_t c = 0; c < components; ++c) points.embedding.push_back(coordinates.row(i)[c]);
  return points;
}

/// The numbers of clusters that are tried where none is asked for.
std::vector<std::size_t> candidates(ClusterMethod method, const ClusterOptions& options,
                                    const Points& points) {
  // A component of a mixture needs more points than coordinates to have a form.
  const std::size_t most =
      method == ClusterMethod::mixture ? points.rows / (points.components + 1) : points.rows - 1;
  std::vector<std::size_t> list;
  const std::size_t first = method == ClusterMethod::mixture ? 1 : 2;
  for (std::size_t k = first; k <= std::max(first, std::min(most, options.max_clusters)); ++k)
    list.push_back(k);
  if (options.clusters && std::ranges::find(list, *options.clusters) == list.end())
    list.push_back(*options.clusters);
  return list;
}

/// Divisions into every candidate number of clusters; the one asked for, or the best.
Partition scored_clusters(const Points& points, const ClusterOptions& options, std::uint64_t seed,
                          int threads, Monitor& monitor, std::vector<ClusterScore>& scores) {
  const bool mixture = options.method == ClusterMethod::mixture;
  const std::vector<std::size_t> tried = candidates(options.method, options, points);
  std::vector<Partition> partitions;
  std::vector<double> score;
  Progress progress(monitor, "numbers of clusters", tried.size());
  for (const std::size_t k : tried) {
    if (mixture) {
      Mixture fit = fit_mixture(points, k, kMixtureStarts, seed, threads);
      score.push_back(fit.bic);
      partitions.push_back(std::move(fit.partition));
    } else {
      partitions.push_back(kmeans(points, k, kKMeansStarts, seed, threads).partition);
    }
    progress.advance();
  }
  if (!mixture) score = silhouettes(partitions, points, threads);
  for (std::size_t t = 0; t < tried.size(); ++t) scores.push_back({tried[t], score[t]});
  const auto best = mixture ? std::ranges::min_element(score) : std::ranges::max_element(score);
  const auto wanted = options.clusters ? std::ranges::find(tried, *options.clusters) - tried.begin()
                                       : best - score.begin();
  if (!options.clusters && tried.size() > 2 && best + 1 == score.end())
    monitor.warn(text_of("of the numbers of clusters that were tried the largest, ", tried.back(),
                         ", is best: there may be more (--max-clusters)"));
  return partitions[std::size_t(wanted)];
}

/// How a resample is clustered: as the points were, with the number of clusters kept.
Clusterer clusterer_for(const Clusters& found, std::size_t points) {
  const std::size_t clusters = found.partition.clusters;
  if (found.method == ClusterMethod::kmeans)
    return [=](const Points& sample, std::uint64_t seed) {
      return kmeans(sample, std::min(clusters, sample.rows), kKMeansStarts / 4, seed, 1).partition;
    };
  if (found.method == ClusterMethod::mixture)
    return [=](const Points& sample, std::uint64_t seed) {
      return fit_mixture(sample, std::min(clusters, sample.rows), kMixtureStarts / 4, seed, 1)
          .partition;
    };
  return [=, least = found.min_size](const Points& sample, std::uint64_t) {
    const std::size_t scaled = least * sample.rows / points;
    return density_clusters(sample, std::clamp<std::size_t>(scaled, 2, sample.rows), 1);
  };
}

/// Labels of all patterns from those of the placed ones.
Partition spread_out(const Partition& placed, const std::vector<std::size_t>& rows,
                     std::size_t patterns) {
  Partition all{.label = std::vector<int>(patterns, -1),
                .probability = std::vector<double>(patterns, 0),
                .clusters = placed.clusters};
  for (std::size_t k = 0; k < rows.size(); ++k) {
    all.label[rows[k]] = placed.label[k];
    all.probability[rows[k]] = placed.probability[k];
  }
  return all;
}

}  // namespace

Clusters find_clusters(const Coordinates& coordinates, const std::filesystem::path& path,
                       const ClusterOptions& options, std::uint64_t seed, int threads,
                       Monitor& monitor) {
  check_options(options);
  const std::vector<std::size_t> rows = placed_rows(coordinates, path);
  options.check(rows.size(), coordinates.components);
  if (rows.size() < coordinates.rows)
    monitor.warn(text_of(path.string(), ": ", coordinates.rows - rows.size(), " of ",
                         coordinates.rows, " patterns have coordinates that are not finite: they ",
                         "are in no cluster (-1)"));
  Clusters result;
  result.method = options.method;
  result.components = options.components_of(coordinates.components);
  result.placed = rows.size();
  const Points points = placed_points(coordinates, rows, result.components);
  Partition found;
  if (options.method == ClusterMethod::density) {
    result.min_size = options.min_size_for(points.rows);
    found = density_clusters(points, result.min_size, threads);
  } else {
    found = scored_clusters(points, options, seed, threads, monitor, result.scores);
  }
  const std::size_t divided = found.clusters;
  found = in_order(found, points);
  if (found.clusters < divided)
    monitor.warn(text_of("only ", found.clusters, " of ", divided, " clusters have members"));
  result.partition = found;
  if (options.bootstrap > 0)
    result.stability = cluster_stability(points, found, clusterer_for(result, points.rows),
                                         options.bootstrap, seed, threads, monitor);
  result.size = cluster_sizes(found);
  result.centre = cluster_centres(found, placed_points(coordinates, rows, coordinates.components));
  result.partition = spread_out(found, rows, coordinates.rows);
  return result;
}

std::string score_name(ClusterMethod method) {
  if (method == ClusterMethod::density) return "";
  return method == ClusterMethod::mixture ? "BIC" : "silhouette";
}

std::vector<std::string> describe_clusters(const Clusters& clusters) {
  std::vector<std::string> lines;
  char line[160];
  for (const ClusterScore& one : clusters.scores) {
    if (one.clusters != clusters.partition.clusters) continue;
    std::snprintf(line, sizeof line, "%s of %zu clusters: %.6g",
                  score_name(clusters.method).c_str(), one.clusters, one.score);
    lines.emplace_back(line);
  }
  if (!clusters.stability) return lines;
  for (std::size_t k = 0; k < clusters.size.size(); ++k) {
    std::snprintf(line, sizeof line, "cluster %zu: %zu patterns, Jaccard index %.2f", k,
                  clusters.size[k], clusters.stability->jaccard[k]);
    lines.emplace_back(line);
  }
  std::snprintf(line, sizeof line, "resampled divisions: adjusted Rand index %.2f",
                clusters.stability->rand_index);
  lines.emplace_back(line);
  return lines;
}

std::string summary(const Clusters& clusters) {
  const std::size_t members =
      std::accumulate(clusters.size.begin(), clusters.size.end(), std::size_t{0});
  std::string text =
      text_of("read ", clusters.partition.label.size(), " patterns, used ", clusters.placed,
              ", left out ", clusters.partition.label.size() - clusters.placed, " (not finite); ",
              clusters.size.size(), " clusters of ");
  constexpr std::size_t kShown = 8;
  for (std::size_t k = 0; k < std::min(kShown, clusters.size.size()); ++k)
    text += text_of(k == 0 ? "" : ", ", clusters.size[k]);
  if (clusters.size.size() > kShown) text += ", ...";
  return text + text_of(" patterns, ", clusters.placed - members, " in none");
}

}  // namespace spi
