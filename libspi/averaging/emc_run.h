// SPDX-License-Identifier: GPL-3.0-or-later
// What every EMC run has, of classes or of a volume: its annealing, its memory, its checkpoints.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "libspi/base/device.h"
#include "libspi/base/options.h"

namespace spi {

class FrameStore;

struct EmcRunOptions {
  double beta_start = 1;  ///< factor of the automatic start
  std::size_t beta_period = 2;
  std::size_t max_iterations = 60;

  Memory max_memory{4.0 * (1 << 30)};
  double checkpoint_every_s = 30;
  bool resume = false;

  double brightest = 100;
  Device device = Device::cpu;  ///< of the E and M step on a grid; a session's, no option

  /// Begins with the group Annealing, so that more of its options may stand before.
  void describe(OptionSet& options);

  /// Inverse temperature of a frame of so many photons after so many iterations, at most 1.
  double beta(float photons, std::size_t iterations) const;
};

/// "; name value" of all options but those of `free`.
std::string values_text(const OptionSet& described, std::span<const std::string_view> free);

/// What must agree between a checkpoint and the job that goes on from it: seed, frames, and all
/// options but those of `free`, which move no result.
std::string setting_text(const OptionSet& described, std::span<const std::string_view> free,
                         const FrameStore& store, std::uint64_t seed);

}  // namespace spi
