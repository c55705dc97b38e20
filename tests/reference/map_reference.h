// SPDX-License-Identifier: GPL-3.0-or-later
// The definitions behind maps, written down as they stand in the papers; slow.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace spi::reference {

using Table = std::vector<std::vector<double>>;  // [N][·]

inline Table distances(const Table& x) {
  Table d(x.size(), std::vector<double>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < x.size(); ++j) {
      for (std::size_t c = 0; c < x[i].size(); ++c) d[i][j] += std::pow(x[i][c] - x[j][c], 2);
      d[i][j] = std::sqrt(d[i][j]);
    }
  return d;
}

/// Ranks of the others by their distance from i, 1 the nearest; of i itself 0.
inline std::vector<std::size_t> ranks_from(const Table& d, std::size_t i) {
  std::vector<std::size_t> order;
  for (std::size_t j = 0; j < d.size(); ++j)
    if (j != i) order.push_back(j);
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return d[i][a] < d[i][b]; });
  std::vector<std::size_t> rank(d.size());
  for (std::size_t r = 0; r < order.size(); ++r) rank[order[r]] = r + 1;
  return rank;
}

/// Venna & Kaski 2001: T(k); continuity with `truth` and `map` exchanged.
inline double trustworthiness(const Table& truth, const Table& map, std::size_t k) {
  const double n = double(truth.size()), kd = double(k);
  double sum = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const auto r = ranks_from(truth, i), in_map = ranks_from(map, i);
    for (std::size_t j = 0; j < truth.size(); ++j)
      if (j != i && in_map[j] <= k && r[j] > k) sum += double(r[j]) - kd;
  }
  return 1 - 2 / (n * kd * (2 * n - 3 * kd - 1)) * sum;
}

/// Floyd and Warshall's shortest paths; no edge is infinite.
inline Table shortest_paths(Table length) {
  const std::size_t n = length.size();
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        length[i][j] = std::min(length[i][j], length[i][k] + length[k][j]);
  return length;
}

/// van der Maaten & Hinton 2008, equations 1 and 2: joint probabilities of a perplexity.
inline Table joint_probabilities(const Table& d, double perplexity) {
  const std::size_t n = d.size();
  Table conditional(n, std::vector<double>(n)), joint = conditional;
  for (std::size_t i = 0; i < n; ++i) {
    double low = 1e-6, high = 1e6;  // width of the Gaussian
    for (int step = 0; step < 200; ++step) {
      const double sigma = std::sqrt(low * high);
      double total = 0, entropy = 0;
      for (std::size_t j = 0; j < n; ++j)
        total += conditional[i][j] =
            j == i ? 0 : std::exp(-d[i][j] * d[i][j] / (2 * sigma * sigma));
      for (std::size_t j = 0; j < n; ++j) {
        conditional[i][j] /= total;
        if (conditional[i][j] > 0) entropy -= conditional[i][j] * std::log(conditional[i][j]);
      }
      (entropy > std::log(perplexity) ? high : low) = sigma;
    }
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      joint[i][j] = (conditional[i][j] + conditional[j][i]) / (2 * double(n));
  return joint;
}

/// -a Σ p ln w + ln Σ w, w = 1/(1 + |y_i - y_j|²): of a = 1 and Σ p = 1 the divergence KL(P||Q),
/// but for the entropy of P; of a > 1 what early exaggeration descends.
inline double tsne_objective(const Table& p, const Table& y, double a) {
  const Table d = distances(y);
  double attraction = 0, weight = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    for (std::size_t j = 0; j < y.size(); ++j) {
      if (i == j) continue;
      const double w = 1 / (1 + d[i][j] * d[i][j]);
      attraction -= p[i][j] * std::log(w);
      weight += w;
    }
  return a * attraction + std::log(weight);
}

inline double kl_divergence(const Table& p, const Table& y) {
  double entropy = 0;
  for (const auto& row : p)
    for (const double value : row)
      if (value > 0) entropy -= value * std::log(value);
  return tsne_objective(p, y, 1) - entropy;
}

}  // namespace spi::reference
