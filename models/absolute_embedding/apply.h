// SPDX-License-Identifier: GPL-3.0-or-later
// Placing patterns in the landscape of a model.
#pragma once

#include "models/absolute_embedding/model.h"

namespace spi {

/// Coordinates of N patterns.
struct Embedding {
  std::size_t rows = 0, components = 0;
  std::vector<std::uint64_t> id;      ///< [N]
  std::vector<float> values;          ///< [N][C]
  std::vector<float> error;           ///< [N][C] spread of the ensemble; empty for one network
  std::vector<float> distance;        ///< [N] from the training set (Novelty)
  std::vector<std::uint8_t> outside;  ///< [N] 1 where distance > 1
};

/// Streams the patterns in chunks: memory does not grow with their number beyond the result.
Embedding apply_embedding(StackReader& averages, const AbsoluteEmbedding& model, int threads,
                          Monitor& monitor);

/// embedding.h5: embedding [N,C] f4, embedding_error [N,C] f4 (of an ensemble), id [N] u8,
/// outside [N] u1, distance [N] f4. Whole or not at all.
void write_embedding(const std::filesystem::path& path, const Embedding& embedding,
                     const Provenance& provenance);

}  // namespace spi
