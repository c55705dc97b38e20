// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/tsne.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

constexpr std::size_t kLanes = 16;  // independent sums, so that the loops become vector code

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.);
}

/// Gaussian probabilities of the neighbours of i, and their entropy in nat.
double gaussian_row(std::span<const float> distance, std::size_t i, double nearest,
                    double precision, std::vector<double>& p) {
  double total = 0, energy = 0;
  for (std::size_t j = 0; j < p.size(); ++j) {
    const double excess = double(distance[j]) * distance[j] - nearest;
    p[j] = j == i ? 0 : std::exp(-precision * excess);
    total += p[j];
    energy += p[j] * excess;
  }
  for (double& value : p) value /= total;
  return std::log(total) + precision * energy / total;
}

/// Finds the precision whose entropy is `wanted`, by bisection; `p` holds the row then.
void calibrate(std::span<const float> distance, std::size_t i, double wanted,
               std::vector<double>& p) {
  constexpr int kSteps = 100;
  constexpr double kTolerance = 1e-6;  // nat
  double nearest = INFINITY, mean = 0;
  for (std::size_t j = 0; j < distance.size(); ++j) {
    if (j == i) continue;
    nearest = std::min(nearest, double(distance[j]) * distance[j]);
    mean += double(distance[j]) * distance[j] / double(distance.size() - 1);
  }
  double low = 0, high = INFINITY, precision = mean > nearest ? 1 / (mean - nearest) : 1;
  for (int step = 0; step < kSteps; ++step) {
    const double entropy = gaussian_row(distance, i, nearest, precision, p);
    if (std::abs(entropy - wanted) < kTolerance) return;
    (entropy > wanted ? low : high) = precision;
    precision = std::isinf(high) ? 2 * precision : (low + high) / 2;
    if (precision > 1e100) return;  // more points in one place than the perplexity
  }
}

/// Coordinates component by component.
std::vector<double> transposed(const Points& map) {
  std::vector<double> out;
  for (std::size_t c = 0; c < map.components; ++c) {
    const std::vector<double> one = map.component(c);
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
}

/// What point i feels: Σ_j p_ij w_ij (y_i - y_j), Σ_j w_ij² (y_i - y_j) and Σ_j w_ij.
struct Forces {
  std::vector<double> attraction, repulsion;  // [C]
  double weight = 0;
};

class ForceSum {
 public:
  ForceSum(const std::vector<double>& y, std::size_t n)
      : y_(y), n_(n), attraction_(y.size() / n * kLanes), repulsion_(attraction_.size()) {}

  Forces operator()(const float* p, std::size_t i) {
    std::ranges::fill(attraction_, 0);
    std::ranges::fill(repulsion_, 0);
    std::ranges::fill(weight_, 0);
    std::size_t j = 0;
    for (; j + kLanes <= n_; j += kLanes)
      add(p, i, j, std::integral_constant<std::size_t, kLanes>());
    add(p, i, j, n_ - j);
    Forces forces;
    for (std::size_t c = 0; c < attraction_.size(); c += kLanes) {
      const auto lanes = [c](const std::vector<double>& v) {
        const auto first = v.begin() + std::ptrdiff_t(c);
        return std::accumulate(first, first + kLanes, 0.);
      };
      forces.attraction.push_back(lanes(attraction_));
      forces.repulsion.push_back(lanes(repulsion_));
    }
    forces.weight = std::accumulate(weight_, weight_ + kLanes, 0.) - 1;  // itself
    return forces;
  }

 private:
  template <class Count>
  void add(const float* p, std::size_t i, std::size_t j, Count count) {
    double w[kLanes], pull[kLanes];
    std::fill_n(w, kLanes, 1.);
    for (const double* y = y_.data(); y != y_.data() + y_.size(); y += n_)
      for (std::size_t l = 0; l < count; ++l) w[l] += (y[i] - y[j + l]) * (y[i] - y[j + l]);
    for (std::size_t l = 0; l < count; ++l) {
      w[l] = 1 / w[l];
      pull[l] = p[j + l] * w[l];
      weight_[l] += w[l];
    }
    double *attraction = attraction_.data(), *repulsion = repulsion_.data();
    for (const double* y = y_.data(); y != y_.data() + y_.size(); y += n_) {
      for (std::size_t l = 0; l < count; ++l) {
        attraction[l] += pull[l] * (y[i] - y[j + l]);
        repulsion[l] += w[l] * w[l] * (y[i] - y[j + l]);
      }
      attraction += kLanes, repulsion += kLanes;
    }
  }

  const std::vector<double>& y_;  // [C][N]
  std::size_t n_;
  std::vector<double> attraction_, repulsion_;  // [C][kLanes]
  double weight_[kLanes] = {};
};

void centre(Points& map) {
  for (std::size_t c = 0; c < map.components; ++c) {
    const double mean = sum(map.component(c)) / double(map.rows);
    for (std::size_t i = 0; i < map.rows; ++i) map.embedding[i * map.components + c] -= mean;
  }
}

/// `start` scaled to a standard deviation of 1e-4 along its first component.
Points small_copy(Points start) {
  constexpr double kSpread = 1e-4;
  centre(start);
  double variance = 0;
  for (const double x : start.component(0)) variance += x * x / double(start.rows);
  const double factor = variance > 0 ? kSpread / std::sqrt(variance) : 1;
  for (double& x : start.embedding) x *= factor;
  return start;
}

/// Momentum and a gain for each coordinate, which grows while the sign of its gradient stays.
class Descent {
 public:
  Descent(Points& map, double rate)
      : map_(map), rate_(rate), step_(map.embedding.size(), 0), gain_(map.embedding.size(), 1) {}

  void step(const std::vector<double>& gradient, double momentum) {
    constexpr double kLeastGain = 0.01;
    for (std::size_t k = 0; k < step_.size(); ++k) {
      const bool goes_on = (gradient[k] > 0) != (step_[k] > 0);
      gain_[k] = goes_on ? gain_[k] + 0.2 : std::max(kLeastGain, 0.8 * gain_[k]);
      step_[k] = momentum * step_[k] - rate_ * gain_[k] * gradient[k];
      map_.embedding[k] += step_[k];
    }
  }

 private:
  Points& map_;
  double rate_;
  std::vector<double> step_, gain_;
};

}  // namespace

std::vector<float> joint_probabilities(const Distances& distances, double perplexity, int threads) {
  const std::size_t n = distances.points;
  SPI_ASSERT(perplexity > 1 && perplexity < double(n - 1));
  std::vector<float> joint(n * n);
  parallel_for(n, threads, [&](std::size_t i, int) {
    std::vector<double> p(n);
    calibrate(distances.from(i), i, std::log(perplexity), p);
    std::ranges::copy(p, joint.begin() + std::ptrdiff_t(i * n));
  });
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      joint[i * n + j] = joint[j * n + i] = (joint[i * n + j] + joint[j * n + i]) / (2 * float(n));
  return joint;
}

double kl_divergence(const std::vector<float>& joint, const Points& map, int threads) {
  const std::size_t n = map.rows;
  const std::vector<double> y = transposed(map);
  std::vector<double> cross(n), weight(n), mass(n);
  parallel_for(n, threads, [&](std::size_t i, int) {
    for (std::size_t j = 0; j < n; ++j) {
      if (j == i) continue;
      double inverse = 1;
      for (std::size_t c = 0; c < map.components; ++c)
        inverse += (y[c * n + i] - y[c * n + j]) * (y[c * n + i] - y[c * n + j]);
      weight[i] += 1 / inverse;
      const double p = joint[i * n + j];
      mass[i] += p;
      if (p > 0) cross[i] += p * std::log(p * inverse);
    }
  });
  return sum(cross) + sum(mass) * std::log(sum(weight));
}

std::vector<double> kl_gradient(const std::vector<float>& joint, const Points& map,
                                double exaggeration, int threads) {
  constexpr std::size_t kBlock = 32;
  const std::size_t n = map.rows, blocks = (n + kBlock - 1) / kBlock;
  const std::vector<double> y = transposed(map);
  std::vector<Forces> forces(n);
  parallel_for(blocks, threads, [&](std::size_t block, int) {
    ForceSum force_on(y, n);
    for (std::size_t i = block * kBlock; i < std::min(n, (block + 1) * kBlock); ++i)
      forces[i] = force_on(&joint[i * n], i);
  });
  double weight = 0;
  for (const Forces& f : forces) weight += f.weight;
  std::vector<double> gradient;
  gradient.reserve(map.embedding.size());
  for (const Forces& f : forces)
    for (std::size_t c = 0; c < map.components; ++c)
      gradient.push_back(4 * (exaggeration * f.attraction[c] - f.repulsion[c] / weight));
  return gradient;
}

Tsne tsne(const Distances& distances, const Points& start, double perplexity, int threads,
          Monitor& monitor) {
  constexpr int kSteps = 1000, kExaggerated = 250, kCheckEvery = 50;
  constexpr double kExaggeration = 12, kLeastChange = 1e-5, kLeastRate = 50;
  const std::vector<float> joint = joint_probabilities(distances, perplexity, threads);
  Tsne result{.points = small_copy(start)};
  // Rate after Belkina et al. (2019), for a gradient with its factor of 4.
  Descent descent(result.points, std::max(kLeastRate, double(start.rows) / kExaggeration / 4));
  Progress progress(monitor, "t-SNE", kSteps);
  result.divergence = INFINITY;
  for (int step = 1; step <= kSteps; ++step) {
    const bool exaggerated = step <= kExaggerated;
    descent.step(kl_gradient(joint, result.points, exaggerated ? kExaggeration : 1, threads),
                 exaggerated ? 0.5 : 0.8);
    progress.advance();
    if (exaggerated || step % kCheckEvery != 0) continue;
    const double before = result.divergence;
    result.divergence = kl_divergence(joint, result.points, threads);
    if (std::abs(before - result.divergence) < kLeastChange * result.divergence) break;
  }
  centre(result.points);
  fix_signs(result.points);
  return result;
}

}  // namespace spi
