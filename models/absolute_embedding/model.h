// SPDX-License-Identifier: GPL-3.0-or-later
// A trained absolute embedding: from a pattern to its place in a landscape. Without LibTorch.
#pragma once

#include <filesystem>
#include <memory>

#include "libspi/embedding/landscape.h"
#include "models/absolute_embedding/novelty.h"
#include "models/absolute_embedding/options.h"

namespace spi {

/// What a model says of n patterns.
struct Prediction {
  std::vector<float> mean;      ///< [n][C] coordinates, the mean over the ensemble
  std::vector<float> spread;    ///< [n][C] deviation within the ensemble; empty for one member
  std::vector<float> distance;  ///< [n] from the training set (Novelty); beyond 1: outside
};

/// How well patterns are placed.
struct RegressionQuality {
  std::size_t rows = 0;
  bool held_out = true;               ///< from the training; else it has seen them
  std::vector<double> r2;             ///< [C] 1 - squared error / variance
  std::vector<double> squared_error;  ///< [C] mean, in squared units of the landscape
  std::vector<double> variance;       ///< [C] of the coordinates of all patterns trained on
};

/// Quality of predictions [N][C] on some rows of the landscape.
RegressionQuality regression_quality(const Coordinates& truth, const std::vector<float>& predicted,
                                     const std::vector<std::size_t>& rows,
                                     const std::vector<double>& variance);

/// Everything that placing a pattern needs.
struct AbsoluteEmbedding {
  PolarFeatureSettings features;
  FeatureScale scale;
  Novelty novelty;
  std::vector<std::size_t> hidden;
  std::vector<double> target_mean, target_deviation;  ///< [C]
  Coordinates landscape;                              ///< that it was trained on
  std::vector<float> predicted;                       ///< [N][C] what it says of the same patterns
  std::vector<std::uint8_t> held_out;                 ///< [N] 1: validation

  class Members;  ///< the networks
  std::shared_ptr<const Members> members;

  std::size_t components() const { return target_mean.size(); }
  /// From features as PolarFeatures gives them; on the calling thread's LibTorch threads.
  Prediction predict(const FeatureTable& raw) const;
};

/// embed.pt, an HDF5 file (docs/decisions/model-files.md), whole or not at all.
void write_embedding_model(const std::filesystem::path& path, const AbsoluteEmbedding& model,
                           const Provenance& provenance);
/// UserError that names the file where it is missing, cut short, of another kind or version.
AbsoluteEmbedding read_embedding_model(const std::filesystem::path& path);

}  // namespace spi
