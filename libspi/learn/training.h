// SPDX-License-Identifier: GPL-3.0-or-later
// How a network is trained, and how that went. Without LibTorch, for headers and tools.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "libspi/base/options.h"
#include "libspi/base/random.h"
#include "libspi/base/team.h"
#include "libspi/cli/provenance.h"
#include "libspi/plot/figure.h"

namespace spi::learn {

struct TrainingOptions {
  std::size_t epochs = 100;
  std::size_t batch_size = 32;
  double learning_rate = 1e-3;   ///< falls to a hundredth along half a cosine over the epochs
  std::size_t rate_warm_up = 0;  ///< epochs in which it rises to that first
  double weight_decay = 0;
  double validation = 0.2;    ///< part of the rows
  std::size_t patience = 20;  ///< epochs; 0: never stop early

  void describe(OptionSet& options);
};

/// Named parts of a loss (reconstruction, divergence, ...), means over the rows.
using Parts = std::vector<std::pair<std::string, double>>;

struct EpochRecord {
  std::size_t epoch = 0;  ///< from 1
  double learning_rate = 0;
  double loss = 0;        ///< mean over the training rows, while the weights changed
  double validation = 0;  ///< mean over the validation rows, after the epoch; NaN without any
  Parts parts, validation_parts;
};

struct History {
  std::vector<EpochRecord> epochs;
  std::size_t best_epoch = 0;  ///< of the weights that are kept
  bool stopped_early = false;
};

/// What a checkpoint must agree with: the seed and every other option that shapes the result, but
/// for the learning rate, and the fingerprints of the inputs.
std::string setting_of(const Provenance& provenance);

/// Learning rate of an epoch (from 0).
double learning_rate(const TrainingOptions& options, std::size_t epoch);

/// One line of JSON an epoch, written and flushed as it comes, so that `tail -f` follows a run.
class TrainingLog {
 public:
  /// The file begins anew with the first record, so that a run that never begins leaves it alone.
  explicit TrainingLog(std::filesystem::path path) : path_(std::move(path)) {}
  /// May be called from several threads. UserError where the file cannot be written.
  void add(std::size_t member, const EpochRecord& record);

 private:
  std::filesystem::path path_;
  std::mutex mutex_;
  bool begun_ = false;
};

/// What belongs to one run of train() in trainer.h.
struct Run {
  std::uint64_t seed = kDefaultSeed;
  /// State of an unfinished training, removed by the caller when all is done; empty: none is kept.
  std::filesystem::path checkpoint = {};
  std::string setting = {};  ///< what a checkpoint must agree with: data and options
  bool resume = false;       ///< go on from the checkpoint where there is one
  std::size_t member = 0;    ///< of an ensemble, in messages and in the log
  TrainingLog* log = nullptr;
  /// Ranks that train one network together. Rank 0 alone has the checkpoint and the log.
  Team& team = alone();
};

/// All ranks: whether train() will go on from a checkpoint.
bool goes_on(const Run& run);

/// Loss over the epochs, training and validation of every member of an ensemble on one panel, the
/// epochs of the kept weights marked.
plot::Figure loss_figure(const std::vector<History>& members, const std::string& title);

}  // namespace spi::learn
