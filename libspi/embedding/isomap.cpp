// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/isomap.h"

#include <cmath>
#include <functional>
#include <limits>
#include <queue>

#include "libspi/base/parallel.h"
#include "libspi/embedding/eigenpairs.h"

namespace spi {
namespace {

void dijkstra(const NeighbourGraph& graph, std::uint32_t source, float* length) {
  using Entry = std::pair<float, std::uint32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  std::fill_n(length, graph.points(), std::numeric_limits<float>::infinity());
  length[source] = 0;
  queue.emplace(0.f, source);
  while (!queue.empty()) {
    const auto [reached, i] = queue.top();
    queue.pop();
    if (reached > length[i]) continue;
    for (std::size_t e = graph.start[i]; e < graph.start[i + 1]; ++e) {
      const float candidate = reached + graph.length[e];
      if (candidate >= length[graph.to[e]]) continue;
      length[graph.to[e]] = candidate;
      queue.emplace(candidate, graph.to[e]);
    }
  }
}

}  // namespace

Distances path_lengths(const NeighbourGraph& graph, int threads, Monitor& monitor) {
  const std::size_t n = graph.points();
  Distances result{.points = n, .values = std::vector<float>(n * n)};
  Progress progress(monitor, "shortest paths", n);
  parallel_for(n, threads, [&](std::size_t i, int) {
    dijkstra(graph, std::uint32_t(i), &result.values[i * n]);
    progress.advance();
  });
  // The sums of one path's edges taken from either end may differ in the last bit.
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) result.values[i * n + j] = result.values[j * n + i];
  return result;
}

Points classical_scaling(const Distances& distances, std::size_t components) {
  constexpr Eigen::Index kSubspace = 30;
  const auto n = Eigen::Index(distances.points);
  const auto count = std::min(Eigen::Index(components), n - 1);
  const auto centred_times = [&](const Eigen::VectorXd& v) {
    const Eigen::VectorXd centred = v.array() - v.mean();
    Eigen::VectorXd out(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      const float* d = distances.from(std::size_t(i)).data();
      double sum = 0;
      for (Eigen::Index j = 0; j < n; ++j) sum += double(d[j]) * d[j] * centred[j];
      out[i] = -sum / 2;
    }
    out.array() -= out.mean();
    return out;
  };
  const Eigenpairs axes =
      leading_eigenpairs(n, count, centred_times, kSubspace, "coordinates of the Isomap");
  Points points{.rows = distances.points, .components = std::size_t(count), .embedding = {}};
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index c = 0; c < count; ++c)
      points.embedding.push_back(axes.vectors(i, c) * std::sqrt(std::max(0., axes.values[c])));
  fix_signs(points);
  return points;
}

}  // namespace spi
