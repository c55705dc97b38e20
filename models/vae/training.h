// SPDX-License-Identifier: GPL-3.0-or-later
// The auto-encoder as a task of learn/trainer.h. Includes LibTorch.
#pragma once

#include "libspi/learn/chunk_gradients.h"
#include "libspi/learn/trainer.h"
#include "models/vae/batches.h"
#include "models/vae/vae.h"

namespace spi::vae {

/// Each step's patterns are worked on in chunks that ranks and threads share, see sum_chunks(): by
/// two on the processor, on a device as many of a rank's share as its memory holds.
class VaeTask : public learn::Task {
 public:
  /// All ranks. Works on one chunk to see what memory it takes. UserError where not even one fits.
  VaeTask(Model& model, const PatternSet& set, const VaeOptions& options, const learn::Hands& hands,
          Monitor& monitor = silent_monitor(), EpochViewer each_epoch = {});

  torch::nn::Module& module() override { return *model_.network; }
  at::Tensor loss(std::span<const std::size_t> rows, const learn::Step& step,
                  learn::Parts& parts) override;
  void epoch_done(const learn::EpochRecord& epoch) override;

 private:
  /// Values: reconstruction and divergence, sums over the patterns. No noise: no gradients.
  learn::ChunkLoss chunk(std::span<const std::size_t> rows, const at::Tensor& noise, double share,
                         double kl_weight, Learner learner) const;
  int chunks_at_once() const;
  void plan_device();
  /// [first, last) of the chunks of so many rows.
  std::vector<std::pair<std::size_t, std::size_t>> chunks_of(std::size_t rows) const;

  Model& model_;
  const PatternSet& set_;
  VaeOptions options_;
  double warm_up_epochs_;
  learn::Hands hands_;
  Monitor& monitor_;
  EpochViewer each_epoch_;
  std::vector<at::Tensor> parameters_;
  Batches batches_;
  std::size_t together_ = 0;  ///< patterns of a chunk on a device
};

/// A model for the patterns: mean volume, standardised gain, weights drawn by the seed.
Model new_model(const PatternSet& set, const VaeOptions& options, std::uint64_t seed, int threads,
                Monitor& monitor);

}  // namespace spi::vae
