// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/map_quality.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

/// Squared distances of all points of the map from point i.
std::vector<double> distances_in(const Points& map, std::size_t i) {
  std::vector<double> squared(map.rows, 0);
  for (std::size_t j = 0; j < map.rows; ++j)
    for (std::size_t c = 0; c < map.components; ++c) {
      const double difference = map.at(j, c) - map.at(i, c);
      squared[j] += difference * difference;
    }
  return squared;
}

/// The neighbours of one point in one space.
template <class Number>
class Ranking {
 public:
  Ranking(const Number* distance, std::size_t count, std::size_t self)
      : distance_(distance), count_(count), self_(self) {}

  std::vector<std::size_t> nearest(std::size_t k) const {
    std::vector<std::size_t> order(count_);
    std::iota(order.begin(), order.end(), 0);
    order.erase(order.begin() + std::ptrdiff_t(self_));
    std::nth_element(order.begin(), order.begin() + std::ptrdiff_t(k - 1), order.end(),
                     [&](std::size_t a, std::size_t b) { return is_nearer(a, b); });
    order.resize(k);
    return order;
  }
  /// 1 for the nearest.
  std::size_t rank(std::size_t j) const {
    std::size_t nearer = 0;
    for (std::size_t l = 0; l < count_; ++l) nearer += is_nearer(l, j);
    return nearer + 1 - is_nearer(self_, j);
  }

 private:
  bool is_nearer(std::size_t a, std::size_t b) const {
    return distance_[a] < distance_[b] || (distance_[a] == distance_[b] && a < b);
  }
  const Number* distance_;
  std::size_t count_, self_;
};

/// By how many ranks the k nearest in one space lie beyond the k nearest in the other.
template <class Here, class There>
std::size_t intrusion(const Here& here, const There& there, std::size_t k) {
  std::size_t sum = 0;
  for (const std::size_t j : here.nearest(k)) {
    const std::size_t rank = there.rank(j);
    if (rank > k) sum += rank - k;
  }
  return sum;
}

}  // namespace

MapQuality map_quality(const Distances& distances, const Points& map, std::size_t neighbours,
                       int threads) {
  const std::size_t n = distances.points, k = std::min(neighbours, (n - 1) / 2);
  SPI_ASSERT(n >= 3 && map.rows == n && k >= 1);
  std::vector<std::size_t> false_ranks(n), lost_ranks(n);
  parallel_for(n, threads, [&](std::size_t i, int) {
    const std::vector<double> squared = distances_in(map, i);
    const Ranking in_map(squared.data(), n, i);
    const Ranking in_truth(distances.from(i).data(), n, i);
    false_ranks[i] = intrusion(in_map, in_truth, k);
    lost_ranks[i] = intrusion(in_truth, in_map, k);
  });
  const double most = double(n * k) * double(2 * n - 3 * k - 1) / 2;
  const auto share = [&](const std::vector<std::size_t>& ranks) {
    return 1 - double(std::accumulate(ranks.begin(), ranks.end(), std::size_t{0})) / most;
  };
  return {.trustworthiness = share(false_ranks), .continuity = share(lost_ranks), .neighbours = k};
}

}  // namespace spi
