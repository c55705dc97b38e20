// SPDX-License-Identifier: GPL-3.0-or-later
// How far a pattern lies from those that a model was trained on.
#pragma once

#include "libspi/embedding/polar_features.h"

namespace spi {

/// Distances in the space of scaled features, where a network cannot hide what it never saw, as it
/// does in its coordinates. The distance of a row is its mean distance to the 5 nearest training
/// rows over the 99 % quantile of the same among the training rows themselves (each without
/// itself): one in a hundred patterns of the trained kind exceeds 1.
class Novelty {
 public:
  Novelty() = default;
  /// All rows of the table, or where there are more than 2000 that many drawn by the seed.
  Novelty(const FeatureTable& scaled, std::uint64_t seed);
  /// As stored in a model.
  Novelty(FeatureTable reference, double quantile);

  /// Scaled features [n] -> distances [n].
  std::vector<float> distance(const FeatureTable& scaled) const;
  const FeatureTable& reference() const { return reference_; }
  double quantile() const { return quantile_; }

 private:
  std::vector<float> raw_distance(const FeatureTable& scaled, bool of_reference) const;

  FeatureTable reference_;
  double quantile_ = 1;
};

}  // namespace spi
