// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/partition.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

using Counts = std::map<std::pair<int, int>, double>;

/// Members of every pair of a label of a and one of b.
Counts contingency(const std::vector<int>& a, const std::vector<int>& b) {
  SPI_ASSERT(a.size() == b.size());
  Counts counts;
  for (std::size_t i = 0; i < a.size(); ++i) counts[{a[i], b[i]}] += 1;
  return counts;
}

std::map<int, double> members(const std::vector<int>& label) {
  std::map<int, double> counts;
  for (const int l : label) counts[l] += 1;
  return counts;
}

/// Sums of the distances from point i to the members of each cluster.
std::vector<double> distance_sums(const Partition& partition, const std::vector<double>& distance) {
  std::vector<double> sums(partition.clusters, 0);
  for (std::size_t j = 0; j < distance.size(); ++j)
    if (partition.label[j] >= 0) sums[std::size_t(partition.label[j])] += distance[j];
  return sums;
}

double silhouette_of(std::size_t own, const std::vector<double>& sums,
                     const std::vector<std::size_t>& size) {
  if (size[own] < 2) return 0;
  const double a = sums[own] / double(size[own] - 1);
  double b = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < sums.size(); ++k)
    if (k != own && size[k] > 0) b = std::min(b, sums[k] / double(size[k]));
  if (std::isinf(b) || std::max(a, b) == 0) return 0;
  return (b - a) / std::max(a, b);
}

}  // namespace

std::vector<std::size_t> cluster_sizes(const Partition& partition) {
  std::vector<std::size_t> size(partition.clusters, 0);
  for (const int label : partition.label)
    if (label >= 0) ++size[std::size_t(label)];
  return size;
}

std::vector<double> cluster_centres(const Partition& partition, const Points& points) {
  const std::size_t c = points.components;
  const std::vector<std::size_t> size = cluster_sizes(partition);
  std::vector<double> centre(partition.clusters * c, 0);
  for (std::size_t i = 0; i < points.rows; ++i) {
    if (partition.label[i] < 0) continue;
    const auto k = std::size_t(partition.label[i]);
    for (std::size_t d = 0; d < c; ++d) centre[k * c + d] += points.at(i, d) / double(size[k]);
  }
  return centre;
}

Partition in_order(const Partition& partition, const Points& points) {
  const std::size_t c = points.components;
  const std::vector<std::size_t> size = cluster_sizes(partition);
  const std::vector<double> centre = cluster_centres(partition, points);
  std::vector<std::size_t> order(partition.clusters);
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](std::size_t k) { return size[k] == 0; });
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (size[a] != size[b]) return size[a] > size[b];
    return std::lexicographical_compare(&centre[a * c], &centre[a * c] + c, &centre[b * c],
                                        &centre[b * c] + c);
  });
  std::vector<int> number(partition.clusters, -1);
  for (std::size_t k = 0; k < order.size(); ++k) number[order[k]] = int(k);
  Partition result = partition;
  result.clusters = order.size();
  for (int& label : result.label)
    if (label >= 0) label = number[std::size_t(label)];
  return result;
}

std::vector<double> silhouettes(const std::vector<Partition>& partitions, const Points& points,
                                int threads) {
  const std::size_t n = points.rows, many = partitions.size();
  std::vector<std::vector<std::size_t>> size;
  for (const Partition& partition : partitions) size.push_back(cluster_sizes(partition));
  std::vector<double> values(n * many, 0);
  parallel_for(n, threads, [&](std::size_t i, int) {
    std::vector<double> distance(n, 0);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t c = 0; c < points.components; ++c)
        distance[j] += std::pow(points.at(i, c) - points.at(j, c), 2);
      distance[j] = std::sqrt(distance[j]);
    }
    for (std::size_t p = 0; p < many; ++p) {
      const int own = partitions[p].label[i];
      if (own >= 0)
        values[i * many + p] =
            silhouette_of(std::size_t(own), distance_sums(partitions[p], distance), size[p]);
    }
  });
  std::vector<double> mean(many, 0);
  for (std::size_t p = 0; p < many; ++p) {
    const auto placed = std::accumulate(size[p].begin(), size[p].end(), std::size_t{0});
    for (std::size_t i = 0; i < n; ++i) mean[p] += values[i * many + p];
    mean[p] /= double(std::max<std::size_t>(placed, 1));
  }
  return mean;
}

double adjusted_rand_index(const std::vector<int>& a, const std::vector<int>& b) {
  const auto pairs = [](double count) { return count * (count - 1) / 2; };
  double both = 0, in_a = 0, in_b = 0;
  for (const auto& [labels, count] : contingency(a, b)) both += pairs(count);
  for (const auto& [label, count] : members(a)) in_a += pairs(count);
  for (const auto& [label, count] : members(b)) in_b += pairs(count);
  const double all = pairs(double(a.size()));
  const double expected = all > 0 ? in_a * in_b / all : 0, most = (in_a + in_b) / 2;
  return most == expected ? 1 : (both - expected) / (most - expected);
}

std::vector<double> jaccard_indices(const std::vector<int>& a, std::size_t clusters,
                                    const std::vector<int>& b) {
  const std::map<int, double> size_a = members(a), size_b = members(b);
  std::vector<double> best(clusters, std::numeric_limits<double>::quiet_NaN());
  for (const auto& [label, count] : size_a)
    if (label >= 0) best[std::size_t(label)] = 0;
  for (const auto& [labels, common] : contingency(a, b)) {
    if (labels.first < 0 || labels.second < 0) continue;
    double& index = best[std::size_t(labels.first)];
    index = std::max(index, common / (size_a.at(labels.first) + size_b.at(labels.second) - common));
  }
  return best;
}

}  // namespace spi
