// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/stability.h"

#include <cmath>

#include "libspi/base/parallel.h"
#include "libspi/base/random.h"

namespace spi {
namespace {

constexpr std::uint32_t kDrawStep = 0x5354;

/// The points that N draws hit, in order; two at least.
std::vector<std::size_t> drawn_points(std::size_t n, Random& random) {
  std::vector<std::size_t> drawn;
  while (drawn.size() < 2) {
    std::vector<bool> hit(n, false);
    for (std::size_t i = 0; i < n; ++i) hit[random.below(n)] = true;
    drawn.clear();
    for (std::size_t i = 0; i < n; ++i)
      if (hit[i]) drawn.push_back(i);
  }
  return drawn;
}

}  // namespace

ClusterStability cluster_stability(const Points& points, const Partition& found,
                                   const Clusterer& cluster, std::size_t repeats,
                                   std::uint64_t seed, int threads, Monitor& monitor) {
  const std::size_t c = points.components;
  std::vector<std::vector<double>> jaccard(repeats);
  std::vector<double> rand_index(repeats);
  Progress progress(monitor, "stability of the clusters", repeats);
  parallel_for(repeats, threads, [&](std::size_t r, int) {
    Random random(seed, kDrawStep, r);
    const std::uint64_t own_seed = random.bits64();
    const std::vector<std::size_t> drawn = drawn_points(points.rows, random);
    Points sample{.rows = drawn.size(), .components = c, .embedding = {}};
    std::vector<int> before;
    for (const std::size_t i : drawn) {
      sample.embedding.insert(sample.embedding.end(), &points.embedding[i * c],
                              &points.embedding[i * c] + c);
      before.push_back(found.label[i]);
    }
    const std::vector<int> after = cluster(sample, own_seed).label;
    jaccard[r] = jaccard_indices(before, found.clusters, after);
    rand_index[r] = adjusted_rand_index(before, after);
    progress.advance();
  });
  ClusterStability result;
  for (const double index : rand_index) result.rand_index += index / double(repeats);
  for (std::size_t k = 0; k < found.clusters; ++k) {
    double sum = 0, seen = 0;
    for (const std::vector<double>& one : jaccard)
      if (!std::isnan(one[k])) sum += one[k], seen += 1;
    result.jaccard.push_back(seen > 0 ? sum / seen : 0);
  }
  return result;
}

}  // namespace spi
