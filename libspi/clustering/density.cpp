// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/density.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

double squared_distance(const Points& points, std::size_t i, std::size_t j) {
  double sum = 0;
  for (std::size_t c = 0; c < points.components; ++c) {
    const double difference = points.at(i, c) - points.at(j, c);
    sum += difference * difference;
  }
  return sum;
}

/// Squared distance from every point to its k-th nearest, itself the first.
std::vector<double> core_distances(const Points& points, std::size_t k, int threads) {
  std::vector<double> core(points.rows);
  parallel_for(points.rows, threads, [&](std::size_t i, int) {
    std::vector<double> squared(points.rows);
    for (std::size_t j = 0; j < points.rows; ++j) squared[j] = squared_distance(points, i, j);
    const auto nth = squared.begin() + std::ptrdiff_t(k - 1);
    std::nth_element(squared.begin(), nth, squared.end());
    core[i] = *nth;
  });
  return core;
}

struct Edge {
  double length;
  std::size_t a, b;
};

/// The minimum spanning tree of the mutual reachability distance max(core_i, core_j, d_ij),
/// shortest edge first (Prim's algorithm).
std::vector<Edge> spanning_tree(const Points& points, const std::vector<double>& core) {
  const std::size_t n = points.rows;
  std::vector<double> length(n, std::numeric_limits<double>::infinity());
  std::vector<std::size_t> from(n, 0);
  std::vector<bool> joined(n, false);
  std::vector<Edge> edges;
  for (std::size_t last = 0; edges.size() + 1 < n;) {
    joined[last] = true;
    std::optional<std::size_t> next;
    for (std::size_t j = 0; j < n; ++j) {
      if (joined[j]) continue;
      const double d = std::max({core[last], core[j], squared_distance(points, last, j)});
      if (d < length[j]) length[j] = d, from[j] = last;
      if (!next || length[j] < length[*next]) next = j;
    }
    edges.push_back({std::sqrt(length[*next]), from[*next], *next});
    last = *next;
  }
  std::ranges::stable_sort(edges, {}, &Edge::length);
  return edges;
}

/// The single-linkage tree: nodes 0 to N-1 are the points, node N+e joins two nodes by edge e.
struct LinkageTree {
  std::size_t points = 0;
  std::vector<std::array<std::size_t, 2>> children;  // [N-1]
  std::vector<double> density;                       // [N-1] 1/length, of the edge
  std::vector<std::size_t> size;                     // [2N-1]
};

LinkageTree linkage_tree(const std::vector<Edge>& edges) {
  constexpr double kShortest = 1e-3;  // of the median edge: two points in one place
  const std::size_t n = edges.size() + 1;
  const double median = edges[edges.size() / 2].length;
  const double shortest = median > 0 ? kShortest * median : 1;
  LinkageTree tree{.points = n, .children = {}, .density = {}, .size = {}};
  tree.size.assign(n, 1);
  std::vector<std::size_t> parent(2 * n - 1);  // towards the node that now holds the point
  std::iota(parent.begin(), parent.end(), 0);
  const auto top = [&](std::size_t node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
  };
  for (const Edge& edge : edges) {
    const std::size_t a = top(edge.a), b = top(edge.b), joined = tree.size.size();
    tree.children.push_back({a, b});
    tree.density.push_back(1 / std::max(edge.length, shortest));
    tree.size.push_back(tree.size[a] + tree.size[b]);
    parent[a] = parent[b] = joined;
  }
  return tree;
}

/// A set of points that stays together over a range of densities.
struct Branch {
  std::optional<std::size_t> parent;
  double born = 0;       // density at which it parts from its parent
  double mass = 0;       // Σ over its points of (density at which they leave - born)
  bool divides = false;  // into two branches
  bool chosen = false;
};

/// The linkage tree without the loss of single points: which branch every point leaves last, and
/// at which density.
struct CondensedTree {
  std::vector<Branch> branches;     // parents before their children
  std::vector<std::size_t> branch;  // [N]
  std::vector<double> leaves_at;    // [N]
};

CondensedTree condense(const LinkageTree& tree, std::size_t least_size) {
  const std::size_t n = tree.points, nodes = tree.size.size();
  CondensedTree result{.branches = {Branch{}}, .branch = {}, .leaves_at = {}};
  std::vector<std::size_t> branch(nodes, 0);
  std::vector<double> left(nodes, 0);  // density at which the node left its branch; 0: not yet
  for (std::size_t node = nodes - 1; node >= n; --node) {
    const double density = tree.density[node - n];
    const auto& [a, b] = tree.children[node - n];
    branch[a] = branch[b] = branch[node];
    left[a] = left[b] = left[node];
    if (left[node] > 0) continue;
    const bool divides = tree.size[a] >= least_size && tree.size[b] >= least_size;
    result.branches[branch[node]].divides |= divides;
    for (const std::size_t child : {a, b}) {
      if (divides) {
        result.branches[branch[node]].mass +=
            double(tree.size[child]) * (density - result.branches[branch[node]].born);
        branch[child] = result.branches.size();
        result.branches.push_back({.parent = branch[node], .born = density});
      } else if (tree.size[child] < least_size) {
        left[child] = density;
      }
    }
  }
  result.branch.assign(branch.begin(), branch.begin() + std::ptrdiff_t(n));
  result.leaves_at.assign(left.begin(), left.begin() + std::ptrdiff_t(n));
  for (std::size_t i = 0; i < n; ++i) {
    Branch& last = result.branches[result.branch[i]];
    last.mass += result.leaves_at[i] - last.born;
  }
  return result;
}

/// Of every branch and the best choice among its descendants that with the greater mass. The root,
/// which begins at density 0, stands for all points only where nothing divides them.
void choose_branches(std::vector<Branch>& branches) {
  std::vector<double> best_below(branches.size(), 0);
  for (std::size_t b = branches.size(); b-- > 1;) {
    branches[b].chosen = branches[b].mass >= best_below[b];
    best_below[*branches[b].parent] += std::max(branches[b].mass, best_below[b]);
  }
  branches[0].chosen = !branches[0].divides;
  for (std::size_t b = 1; b < branches.size(); ++b)  // nothing below what is chosen
    for (auto above = branches[b].parent; above; above = branches[*above].parent)
      if (branches[*above].chosen) branches[b].chosen = false;
}

Partition label_points(const CondensedTree& tree) {
  const std::size_t n = tree.branch.size();
  std::vector<int> number(tree.branches.size(), -1);  // of the chosen branch at or above
  Partition result;
  for (std::size_t b = 0; b < tree.branches.size(); ++b) {
    if (tree.branches[b].chosen)
      number[b] = int(result.clusters++);
    else if (tree.branches[b].parent)
      number[b] = number[*tree.branches[b].parent];
  }
  std::vector<double> densest(result.clusters, 0);
  for (std::size_t i = 0; i < n; ++i) {
    result.label.push_back(number[tree.branch[i]]);
    if (result.label[i] < 0) continue;
    double& most = densest[std::size_t(result.label[i])];
    most = std::max(most, tree.leaves_at[i]);
  }
  for (std::size_t i = 0; i < n; ++i)
    result.probability.push_back(
        result.label[i] < 0 ? 0 : tree.leaves_at[i] / densest[std::size_t(result.label[i])]);
  return result;
}

}  // namespace

Partition density_clusters(const Points& points, std::size_t least_size, int threads) {
  SPI_ASSERT(least_size >= 2 && least_size <= points.rows);
  const std::vector<double> core = core_distances(points, least_size, threads);
  CondensedTree tree = condense(linkage_tree(spanning_tree(points, core)), least_size);
  choose_branches(tree.branches);
  return label_points(tree);
}

}  // namespace spi
