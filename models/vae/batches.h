// SPDX-License-Identifier: GPL-3.0-or-later
// Batches where a model is. Includes LibTorch.
#pragma once

#include "models/vae/model.h"

namespace spi::vae {

/// Batches of some patterns of a set, on the model's device: made on the processor whenever one is
/// asked for, or kept there.
class Batches {
 public:
  Batches(const PatternSet& set, const Model& model) : set_(set), model_(model) {}

  Batch operator()(std::span<const std::size_t> rows) const;

  /// Makes all patterns' tensors now; from then on a batch is a selection of them.
  void keep(int threads);
  /// Bytes of the device that keep() takes.
  double bytes_to_keep() const;

 private:
  const PatternSet& set_;
  const Model& model_;
  Batch all_;  ///< of all patterns, where they are kept
};

}  // namespace spi::vae
