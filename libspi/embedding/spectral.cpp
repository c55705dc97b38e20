// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/spectral.h"

#include <cmath>

#include "libspi/embedding/eigenpairs.h"

namespace spi {

std::vector<double> edge_weights(const NeighbourGraph& graph) {
  std::vector<double> weights;
  for (std::size_t i = 0; i < graph.points(); ++i)
    for (std::size_t e = graph.start[i]; e < graph.start[i + 1]; ++e) {
      const double length = graph.length[e],
                   scale = double(graph.reach[i]) * graph.reach[graph.to[e]];
      // Of two points in one place, and of nothing but such points, the length is 0 of 0.
      const double exponent = length > 0 ? length * length / std::max(scale, length * length) : 0;
      weights.push_back(std::exp(-exponent));
    }
  return weights;
}

Points spectral_embedding(const NeighbourGraph& graph, std::size_t components) {
  constexpr Eigen::Index kSubspace = 60;  // the wanted eigenvalues lie close together
  const auto n = Eigen::Index(graph.points());
  const auto count = std::min(Eigen::Index(components), n - 1);
  const std::vector<double> weights = edge_weights(graph);
  Eigen::VectorXd degree = Eigen::VectorXd::Zero(n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (std::size_t e = graph.start[std::size_t(i)]; e < graph.start[std::size_t(i) + 1]; ++e)
      degree[i] += weights[e];
  const Eigen::VectorXd root = degree.cwiseSqrt(), constant = root.normalized();
  // 1 + D^(-1/2) W D^(-1/2) has no negative eigenvalue; the constant mode is taken out of it.
  const auto diffused = [&](const Eigen::VectorXd& v) {
    const Eigen::VectorXd scaled = v.cwiseQuotient(root);
    Eigen::VectorXd out(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t e = graph.start[std::size_t(i)]; e < graph.start[std::size_t(i) + 1]; ++e)
        sum += weights[e] * scaled[graph.to[e]];
      out[i] = sum / root[i];
    }
    return Eigen::VectorXd(v + out - 2 * constant * constant.dot(v));
  };
  const Eigenpairs modes =
      leading_eigenpairs(n, count, diffused, kSubspace, "modes of the spectral embedding");
  Points points{.rows = graph.points(), .components = std::size_t(count), .embedding = {}};
  const double scale = std::sqrt(degree.sum());
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index c = 0; c < count; ++c)
      points.embedding.push_back(scale * modes.vectors(i, c) / root[i]);
  fix_signs(points);
  return points;
}

}  // namespace spi
