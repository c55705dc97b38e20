// SPDX-License-Identifier: GPL-3.0-or-later
// Poses and field as a task of learn/trainer.h. Includes LibTorch.
#pragma once

#include "libspi/base/monitor.h"
#include "libspi/learn/chunk_gradients.h"
#include "libspi/learn/trainer.h"
#include "models/reconstruction/pose_model.h"

namespace spi {

/// A step's frames are worked on in chunks that ranks and threads share, see sum_chunks(): where
/// the model is, on the processor or a CUDA device of each rank.
class PoseTask : public learn::Task {
 public:
  PoseTask(PoseModel& model, const Images& images, const NeuralOptions& options,
           const learn::Hands& hands, Monitor& monitor);

  torch::nn::Module& module() override { return model_; }
  at::Tensor loss(std::span<const std::size_t> rows, const learn::Step& step,
                  learn::Parts& parts) override;
  void epoch_done(const learn::EpochRecord& epoch) override;

 private:
  /// Radius, of the rim, up to which cells count at that step.
  double reach(const learn::Step& step) const;
  at::Tensor inside(double reach) const;
  /// Of a step of so many: a chunk. A CUDA device takes its rank's share in one.
  std::size_t frames_at_once(std::size_t rows) const;
  Sampling draw(std::size_t rows, const learn::Step& step) const;

  PoseModel& model_;
  ImageTensors tensors_;
  const NeuralOptions& options_;
  learn::Hands hands_;
  Monitor& monitor_;
  std::vector<at::Tensor> parameters_;
  double first_reach_;  ///< of the rim, in the first epoch of a march
};

}  // namespace spi
