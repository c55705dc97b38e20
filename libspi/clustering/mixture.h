// SPDX-License-Identifier: GPL-3.0-or-later
// A mixture of Gaussians with full covariances, by expectation maximisation.
#pragma once

#include <cstdint>

#include "libspi/clustering/partition.h"

namespace spi {

struct Mixture {
  Partition partition;             ///< the likeliest component of every point
  std::vector<double> weight;      ///< [K]
  std::vector<double> mean;        ///< [K][C]
  std::vector<double> covariance;  ///< [K][C][C]
  double log_likelihood = 0;       ///< nat
  double bic = 0;                  ///< -2 log L + p ln N, p free parameters; the least is best
  std::vector<double> objective;   ///< log posterior after every step; never falls
};

/// The most probable mixture under the prior of Fraley & Raftery (2007) on the covariances: inverse
/// Wishart with C+2 degrees of freedom and the covariance of all points over K^(2/C) as its scale,
/// so that no component can shrink onto a few points. Of `starts` runs, each from one k-means of
/// its own, that which is best after 30 steps goes on (Biernacki, Celeux & Govaert 2003); start s
/// draws from (seed, s) alone. 1 <= clusters <= N.
Mixture fit_mixture(const Points& points, std::size_t clusters, std::size_t starts,
                    std::uint64_t seed, int threads);

}  // namespace spi
