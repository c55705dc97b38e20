// SPDX-License-Identifier: GPL-3.0-or-later
// Options of the absolute embedding.
#pragma once

#include "libspi/embedding/polar_features.h"
#include "libspi/learn/training.h"

namespace spi {

struct AbsoluteEmbeddingOptions {
  std::size_t components = 3;
  PolarFeatureOptions features;
  std::vector<std::size_t> hidden{512, 128, 64, 32};
  std::size_t ensemble = 4;
  double noise = 0.2;  ///< deviation of the noise added to features, in units of theirs
  double dropout = 0;
  learn::TrainingOptions training;

  void describe(OptionSet& options);
};

}  // namespace spi
