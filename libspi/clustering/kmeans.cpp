// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/clustering/kmeans.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/random.h"

namespace spi {
namespace {

constexpr std::uint32_t kStartStep = 0x6B6D;

class Lloyd {
 public:
  Lloyd(const Points& points, std::size_t clusters)
      : points_(points), clusters_(clusters), label_(points.rows, -1), distance_(points.rows) {}

  /// Centres drawn with a probability that grows as the squared distance to those drawn before.
  void start(Random& random) {
    std::ranges::fill(distance_, std::numeric_limits<double>::infinity());
    add_centre(random.below(points_.rows));
    for (std::size_t k = 1; k < clusters_; ++k) {
      std::vector<double> sums(points_.rows);
      std::partial_sum(distance_.begin(), distance_.end(), sums.begin());
      const double drawn = random.uniform() * sums.back();
      const auto found = std::ranges::upper_bound(sums, drawn) - sums.begin();
      add_centre(sums.back() > 0 ? std::min(std::size_t(found), points_.rows - 1)
                                 : random.below(points_.rows));
    }
  }

  KMeans run() {
    constexpr int kMostSteps = 1000;
    for (int step = 0; step < kMostSteps && assign(); ++step) move_centres();
    return {.partition = {.label = label_,
                          .probability = std::vector<double>(points_.rows, 1),
                          .clusters = clusters_},
            .inertia = std::accumulate(distance_.begin(), distance_.end(), 0.)};
  }

 private:
  double squared_distance(std::size_t i, std::size_t k) const {
    double sum = 0;
    for (std::size_t c = 0; c < points_.components; ++c) {
      const double difference = points_.at(i, c) - centre_[k * points_.components + c];
      sum += difference * difference;
    }
    return sum;
  }

  void add_centre(std::size_t i) {
    const std::size_t k = centre_.size() / points_.components;
    for (std::size_t c = 0; c < points_.components; ++c) centre_.push_back(points_.at(i, c));
    for (std::size_t j = 0; j < points_.rows; ++j)
      distance_[j] = std::min(distance_[j], squared_distance(j, k));
  }

  /// Labels every point by its nearest centre; false where nothing has changed.
  bool assign() {
    bool changed = false;
    for (std::size_t i = 0; i < points_.rows; ++i) {
      int nearest = 0;
      double least = squared_distance(i, 0);
      for (std::size_t k = 1; k < clusters_; ++k)
        if (const double d = squared_distance(i, k); d < least) least = d, nearest = int(k);
      changed |= label_[i] != nearest;
      label_[i] = nearest;
      distance_[i] = least;
    }
    return changed;
  }

  void move_centres() {
    const Partition now{.label = label_, .probability = {}, .clusters = clusters_};
    const std::vector<std::size_t> size = cluster_sizes(now);
    centre_ = cluster_centres(now, points_);
    for (std::size_t k = 0; k < clusters_; ++k) {
      if (size[k] > 0) continue;
      const auto far = std::size_t(std::ranges::max_element(distance_) - distance_.begin());
      for (std::size_t c = 0; c < points_.components; ++c)
        centre_[k * points_.components + c] = points_.at(far, c);
      distance_[far] = 0;
    }
  }

  const Points& points_;
  std::size_t clusters_;
  std::vector<double> centre_;    // [K][C]
  std::vector<int> label_;        // [N]
  std::vector<double> distance_;  // [N] squared, to the nearest centre
};

}  // namespace

KMeans kmeans(const Points& points, std::size_t clusters, std::size_t starts, std::uint64_t seed,
              int threads) {
  SPI_ASSERT(clusters >= 1 && clusters <= points.rows && starts >= 1);
  std::vector<KMeans> runs(starts);
  parallel_for(starts, threads, [&](std::size_t s, int) {
    Random random(seed, kStartStep, s);
    Lloyd lloyd(points, clusters);
    lloyd.start(random);
    runs[s] = lloyd.run();
  });
  return *std::ranges::min_element(runs, {}, &KMeans::inertia);
}

}  // namespace spi
