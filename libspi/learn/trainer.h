// SPDX-License-Identifier: GPL-3.0-or-later
// The training loop. Includes LibTorch: for .cpp files of targets with spi_uses_torch().
#pragma once

#include <functional>
#include <span>

#include "libspi/base/monitor.h"
#include "libspi/learn/split.h"
#include "libspi/learn/tensors.h"
#include "libspi/learn/training.h"

namespace spi::learn {

/// Where the training is when it asks for a loss.
struct Step {
  std::size_t epoch = 0, step = 0;  ///< from 0; step counts the batches of the epoch
  bool training = true;             ///< false: no dropout, no noise, no augmentation
  /// Random numbers for this batch, seeded by (seed, epoch, step): pass it to every drawing
  /// operation, and draw on the CPU, so that results depend neither on the device nor on threads.
  at::Generator generator;
};

/// What is learned: a module and its loss. A row is an index into whatever the task holds.
class Task {
 public:
  virtual ~Task() = default;
  virtual torch::nn::Module& module() = 0;
  /// The mean loss of some rows, a scalar that can be differentiated; adds its named parts, if it
  /// has several, to `parts`.
  virtual at::Tensor loss(std::span<const std::size_t> rows, const Step& step, Parts& parts) = 0;
  /// After each epoch, with the weights as they are then.
  virtual void epoch_done(const EpochRecord& epoch) { static_cast<void>(epoch); }
};

std::size_t steps_per_epoch(const Split& split, const TrainingOptions& options);

/// Trains in place with AdamW; the module keeps the weights of the epoch of least validation loss
/// (without validation rows: the last). The state goes to the checkpoint when the program is asked
/// to stop and at least every half minute; a run that goes on from there gives the same result as
/// one that was never stopped. One step of `progress` a
/// batch, epochs times steps_per_epoch() in all, even where it ends early.
/// UserError where a loss is not finite: it names the step; the state after the last good epoch
/// goes to the checkpoint.
/// All ranks of run.team, with the same task; they begin with rank 0's weights, and as long as the
/// task's losses and gradients are the same on all, so are the weights.
History train(Task& task, const Split& split, const TrainingOptions& options, const Run& run,
              Progress& progress);

/// All ranks of the task: the mean loss of rows in batches, without gradients.
double evaluate(Task& task, std::span<const std::size_t> rows, std::size_t batch_size,
                Parts& parts);

}  // namespace spi::learn
