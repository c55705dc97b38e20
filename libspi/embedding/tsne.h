// SPDX-License-Identifier: GPL-3.0-or-later
// t-SNE (van der Maaten & Hinton 2008): a map that keeps the nearest neighbours and little else.
#pragma once

#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/embedding/neighbours.h"
#include "libspi/embedding/points.h"

namespace spi {

/// p_ij = (p_j|i + p_i|j) / 2N, with p_j|i a Gaussian of d_ij whose width gives it the perplexity
/// (exp of its entropy), 1 < perplexity < N-1. [N][N], symmetric, sum 1, diagonal 0.
std::vector<float> joint_probabilities(const Distances& distances, double perplexity, int threads);

/// KL(P||Q) in nat, q_ij = w_ij / Σ w, w_ij = 1/(1 + |y_i - y_j|²).
double kl_divergence(const std::vector<float>& joint, const Points& map, int threads);

/// Its gradient 4 Σ_j (exaggeration·p_ij - q_ij) w_ij (y_i - y_j), [N][C]; exact, O(N² C). Every
/// row is summed by one thread in one order.
std::vector<double> kl_gradient(const std::vector<float>& joint, const Points& map,
                                double exaggeration, int threads);

struct Tsne {
  Points points;          ///< centred, signs as fix_signs sets them
  double divergence = 0;  ///< KL at the end
};

/// Gradient descent with momentum and gains from `start` (its leading component scaled to a
/// standard deviation of 1e-4), p exaggerated 12 times in the first 250 steps; ends after 1000
/// steps or where 50 have changed the divergence by less than 1e-5 of itself. Without random
/// numbers.
Tsne tsne(const Distances& distances, const Points& start, double perplexity, int threads,
          Monitor& monitor);

}  // namespace spi
