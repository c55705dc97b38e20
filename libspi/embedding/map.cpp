// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/map.h"

#include <algorithm>
#include <cstdio>

#include "libspi/embedding/isomap.h"
#include "libspi/embedding/spectral.h"
#include "libspi/embedding/tsne.h"

namespace spi {

std::string title_of(std::string_view map) {
  constexpr std::array<const char*, 4> kTitles{"CLPCA", "Isomap", "Spectral", "t-SNE"};
  for (const MapKind kind : kAllMaps)
    if (name_of(kind) == map) return kTitles[std::size_t(kind)];
  return std::string(map);
}

void MapOptions::describe(OptionSet& options) {
  options.add("embedding", embedding,
              "how the matrix becomes a map. pca: principal components; errors and shares of the "
              "variance are for these alone. isomap: distances along the landscape; spectral: "
              "slowest modes of diffusion on it; tsne: nearest neighbours only");
  options.add("components", components, "coordinates to keep").range(1, 1000);
  options.add("neighbors", neighbors, "nearest neighbours that isomap and spectral join; auto: 10")
      .range(1, 100000);
  options
      .add("perplexity", perplexity,
           "how many neighbours a pattern feels in tsne; auto: 30, or a third of few patterns")
      .range(1.1, 100000);
}

std::size_t MapOptions::neighbors_for(std::size_t patterns) const {
  constexpr std::size_t kNeighbors = 10;
  return neighbors.value_or(std::min(kNeighbors, patterns - 1));
}

double MapOptions::perplexity_for(std::size_t patterns) const {
  constexpr double kPerplexity = 30, kLeast = 1.5;
  return perplexity.value_or(std::min(kPerplexity, std::max(kLeast, double(patterns - 1) / 3)));
}

void MapOptions::check(std::size_t patterns) const {
  if (neighbors_for(patterns) >= patterns)
    fail_usage("--neighbors is ", *neighbors, ", but each of the ", patterns, " patterns has ",
               patterns - 1, " others");
  if (perplexity_for(patterns) >= double(patterns - 1))
    fail_usage("--perplexity is ", *perplexity, ", but must be less than the ", patterns - 1,
               " neighbours that each of the ", patterns, " patterns has");
}

MapMaker::MapMaker(const std::vector<float>& cc, std::size_t patterns, const MapOptions& options,
                   int threads, Monitor& monitor)
    : options_(options),
      threads_(threads),
      monitor_(monitor),
      pca_(spi::pca(cc, patterns, patterns, std::max(options.components, kScreeComponents))),
      distances_(row_distances(cc, patterns, threads)) {
  options.check(patterns);
}

const NeighbourGraph& MapMaker::graph() {
  if (graph_) return *graph_;
  graph_ = neighbour_graph(distances_, options_.neighbors_for(distances_.points), threads_);
  if (graph_->pieces > 1)
    monitor_.warn(
        text_of("the graph of ", graph_->neighbours, " nearest neighbours falls into ",
                graph_->pieces, " pieces, joined by the shortest edges between them: ",
                "how far apart isomap and spectral draw the pieces rests on ",
                graph_->pieces == 2 ? text_of("one pair") : text_of(graph_->pieces - 1, " pairs"),
                " of patterns (a larger --neighbors may join them)"));
  return *graph_;
}

Points MapMaker::place(MapKind kind, Map& map) {
  if (kind == MapKind::pca) {
    Points points = pca_;
    keep_components(points, options_.components);
    return points;
  }
  if (kind == MapKind::tsne) {
    Points start = pca_;
    keep_components(start, options_.components);
    const double perplexity = options_.perplexity_for(distances_.points);
    Tsne found = tsne(distances_, start, perplexity, threads_, monitor_);
    map.settings = {{"perplexity", perplexity}, {"kl_divergence", found.divergence}};
    return std::move(found.points);
  }
  map.settings = {{"neighbors", double(graph().neighbours)}, {"pieces", double(graph().pieces)}};
  if (kind == MapKind::spectral) return spectral_embedding(graph(), options_.components);
  return classical_scaling(path_lengths(graph(), threads_, monitor_), options_.components);
}

Map MapMaker::make(MapKind kind) {
  constexpr std::size_t kJudged = 10;  // neighbours, the same for every map
  Map map;
  map.kind = kind;
  static_cast<Points&>(map) = place(kind, map);
  map.quality = map_quality(distances_, map, kJudged, threads_);
  return map;
}

std::string describe_quality(const Map& map) {
  char text[128];
  std::snprintf(text, sizeof text,
                " in %zu component%s: trustworthiness %.3f, continuity %.3f (of %zu neighbours)",
                map.components, map.components == 1 ? "" : "s", map.quality.trustworthiness,
                map.quality.continuity, map.quality.neighbours);
  return std::string(name_of(map.kind)) + text;
}

}  // namespace spi
