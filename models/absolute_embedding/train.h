// SPDX-License-Identifier: GPL-3.0-or-later
// Training an absolute embedding.
#pragma once

#include "libspi/base/device.h"
#include "libspi/base/random.h"
#include "models/absolute_embedding/model.h"

namespace spi {

/// What a training needs beside data and options.
struct EmbeddingRun {
  std::uint64_t seed = kDefaultSeed;
  int threads = 1;
  Device device = Device::cpu;
  std::filesystem::path checkpoint = {};  ///< folder of unfinished members; empty: none
  std::string setting = {};               ///< learn::setting_of
  bool resume = false;
  learn::TrainingLog* log = nullptr;
};

struct TrainedEmbedding {
  AbsoluteEmbedding model;
  std::vector<learn::History> histories;  ///< of the members
  RegressionQuality quality;              ///< on the held-out rows, or all where there are none
};

/// Trains `options.ensemble` networks, each from its own weights and order, all on the same split
/// (averages of one bootstrap run stay together), side by side with one thread each, so that the
/// result does not depend on `threads`. `group` [N] or empty: bootstrap run of each pattern;
/// `landscape`: coordinates of the patterns, row by row.
TrainedEmbedding train_embedding(StackReader& averages, const Coordinates& landscape,
                                 const std::vector<std::int64_t>& group,
                                 const AbsoluteEmbeddingOptions& options, const EmbeddingRun& run,
                                 Monitor& monitor);

/// The quality beside that of the paper, as a table of text.
std::string quality_text(const RegressionQuality& quality);

}  // namespace spi
