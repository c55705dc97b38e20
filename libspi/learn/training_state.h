// SPDX-License-Identifier: GPL-3.0-or-later
// All that a training needs to go on, in one file.
#pragma once

#include <filesystem>
#include <limits>

#include "libspi/learn/tensors.h"
#include "libspi/learn/training.h"

namespace spi::learn {

/// A mean over rows that grows batch by batch.
struct LossSum {
  double loss = 0, rows = 0;
  Parts parts;  ///< sums

  void add(double batch_loss, const Parts& batch_parts, std::size_t batch_rows);
  double mean() const { return rows > 0 ? loss / rows : std::numeric_limits<double>::quiet_NaN(); }
  Parts mean_parts() const;
};

struct TrainingState {
  std::size_t epoch = 0, step = 0;  ///< the next batch
  LossSum sum;                      ///< of the epoch under way
  History history;
  double best_loss = std::numeric_limits<double>::infinity();
  Tensors best;  ///< weights of history.best_epoch, empty before the first
  Tensors weights, optimizer;
  std::size_t optimizer_steps = 0;
};

/// All ranks: the state of rank 0.
void broadcast(TrainingState& state, Team& team);

/// Written whole or not at all. `setting` describes data and options.
void save_training(const std::filesystem::path& path, const std::string& setting,
                   const TrainingState& state);

/// UserError where the file is of another setting, damaged, or of a newer format.
TrainingState load_training(const std::filesystem::path& path, const std::string& setting);

}  // namespace spi::learn
