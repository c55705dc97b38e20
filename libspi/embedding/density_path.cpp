// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/density_path.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

#include "libspi/base/error.h"

namespace spi {
namespace {

using Place = std::vector<double>;

template <class Numbers>
double distance(const PointCloud& cloud, std::size_t i, const Numbers& at) {
  double sum = 0;
  for (std::size_t d = 0; d < cloud.dim; ++d)
    sum += std::pow(double(cloud.values[i * cloud.dim + d]) - double(at[d]), 2);
  return std::sqrt(sum);
}

double distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t d = 0; d < a.size(); ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
  return std::sqrt(sum);
}

std::string print(std::span<const double> place) {
  std::string text = "(";
  for (const double v : place) text += (text.size() > 1 ? ", " : "") + text_of(v);
  return text + ")";
}

void require_data(const PointCloud& cloud, std::span<const double> at, double radius) {
  const Nearest nearest = nearest_point(cloud, at);
  if (nearest.distance <= radius) return;
  std::vector<double> there;
  for (std::size_t d = 0; d < cloud.dim; ++d)
    there.push_back(cloud.values[nearest.index * cloud.dim + d]);
  fail("there are no data within ", radius, " of ", print(at),
       ", where the path leads; the nearest, row ", nearest.index, ", lies at ", print(there), ", ",
       nearest.distance, " away");
}

struct Edge {
  std::size_t to;
  double length;
};

/// The graph of nearest neighbours, both ways; `reach` is each point's farthest neighbour.
struct Graph {
  std::vector<std::vector<Edge>> edges;
  std::vector<double> reach;
};

Graph neighbour_graph(const PointCloud& cloud, std::size_t neighbours) {
  const std::size_t n = cloud.count(), k = std::min(neighbours, n - 1);
  Graph graph{std::vector<std::vector<Edge>>(n), std::vector<double>(n)};
  std::vector<Edge> others;
  for (std::size_t i = 0; i < n; ++i) {
    others.clear();
    const float* at = &cloud.values[i * cloud.dim];
    for (std::size_t j = 0; j < n; ++j)
      if (j != i) others.push_back({j, distance(cloud, j, at)});
    const auto nearer = [](const Edge& a, const Edge& b) {
      return a.length != b.length ? a.length < b.length : a.to < b.to;
    };
    std::partial_sort(others.begin(), others.begin() + std::ptrdiff_t(k), others.end(), nearer);
    for (std::size_t m = 0; m < k; ++m) {
      graph.edges[i].push_back(others[m]);
      graph.edges[others[m].to].push_back({i, others[m].length});
    }
    graph.reach[i] = others[k - 1].length;
  }
  return graph;
}

/// Rows of the cheapest path from a to b (Dijkstra 1959); empty where there is none.
std::vector<std::size_t> cheapest(const Graph& graph, std::size_t a, std::size_t b) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  const std::size_t n = graph.edges.size();
  std::vector<double> cost(n, kFar);
  std::vector<std::size_t> before(n, n);
  using Item = std::pair<double, std::size_t>;
  std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
  cost[a] = 0;
  queue.emplace(0, a);
  while (!queue.empty()) {
    const auto [c, i] = queue.top();
    queue.pop();
    if (c > cost[i]) continue;
    for (const Edge& edge : graph.edges[i]) {
      const double next = c + edge.length * (graph.reach[i] + graph.reach[edge.to]) / 2;
      if (next >= cost[edge.to]) continue;
      cost[edge.to] = next;
      before[edge.to] = i;
      queue.emplace(next, edge.to);
    }
  }
  if (cost[b] == kFar) return {};
  std::vector<std::size_t> path{b};
  while (path.back() != a) path.push_back(before[path.back()]);
  std::ranges::reverse(path);
  return path;
}

/// `steps` places at equal lengths along a polygon.
std::vector<Place> resampled(const std::vector<Place>& path, std::size_t steps) {
  std::vector<double> length(path.size());
  for (std::size_t i = 1; i < path.size(); ++i)
    length[i] = length[i - 1] + distance(path[i - 1], path[i]);
  std::vector<Place> result;
  for (std::size_t s = 0, i = 1; s < steps; ++s) {
    const double at = length.back() * double(s) / double(steps - 1);
    while (i + 1 < path.size() && length[i] < at) ++i;
    const double piece = length[i] - length[i - 1];
    const double f = piece > 0 ? std::clamp((at - length[i - 1]) / piece, 0.0, 1.0) : 1;
    Place place(path[i].size());
    for (std::size_t d = 0; d < place.size(); ++d)
      place[d] = (1 - f) * path[i - 1][d] + f * path[i][d];
    result.push_back(std::move(place));
  }
  return result;
}

void smooth(std::vector<Place>& path) {
  const std::vector<Place> old = path;
  for (std::size_t i = 1; i + 1 < path.size(); ++i)
    for (std::size_t d = 0; d < path[i].size(); ++d)
      path[i][d] = (old[i - 1][d] + 2 * old[i][d] + old[i + 1][d]) / 4;
}

}  // namespace

std::size_t support(const PointCloud& cloud, std::span<const double> at, double radius) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < cloud.count(); ++i) count += distance(cloud, i, at) <= radius;
  return count;
}

Nearest nearest_point(const PointCloud& cloud, std::span<const double> at) {
  SPI_ASSERT(cloud.count() > 0 && at.size() == cloud.dim);
  Nearest nearest{0, std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0; i < cloud.count(); ++i)
    if (const double d = distance(cloud, i, at); d < nearest.distance) nearest = {i, d};
  return nearest;
}

std::vector<double> density_path(const PointCloud& cloud, std::span<const double> from,
                                 std::span<const double> to, std::size_t steps,
                                 const DensityPathOptions& options) {
  SPI_ASSERT(steps >= 2 && cloud.count() >= 2);
  require_data(cloud, from, options.radius);
  require_data(cloud, to, options.radius);
  const std::vector<std::size_t> rows =
      cheapest(neighbour_graph(cloud, options.neighbours), nearest_point(cloud, from).index,
               nearest_point(cloud, to).index);
  if (rows.empty())
    fail("no path through the data leads from ", print(from), " to ", print(to),
         ": an empty region lies between them");
  std::vector<Place> path{Place(from.begin(), from.end())};
  for (const std::size_t i : rows) {
    path.emplace_back(cloud.dim);
    for (std::size_t d = 0; d < cloud.dim; ++d) path.back()[d] = cloud.values[i * cloud.dim + d];
  }
  path.emplace_back(to.begin(), to.end());
  // Fine steps first: smoothing then takes away the zigzag between points, not the course.
  constexpr std::size_t kFine = 4, kPasses = 30;
  path = resampled(path, std::max<std::size_t>(kFine * steps, 50));
  for (std::size_t pass = 0; pass < kPasses; ++pass) smooth(path);
  std::vector<double> result;
  for (const Place& place : resampled(path, steps)) {
    require_data(cloud, place, options.radius);
    result.insert(result.end(), place.begin(), place.end());
  }
  return result;
}

}  // namespace spi
