// SPDX-License-Identifier: GPL-3.0-or-later
// The options of online reconstruction.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "libspi/emc/options.h"

namespace spi {

struct OnlineOptions {
  std::size_t first = 2000;      ///< frames that make the first model
  std::size_t batch = 500;       ///< frames placed together
  std::optional<double> memory;  ///< frames; automatic: half of all placed so far

  std::optional<double> stop_when_idle_s;
  std::optional<std::size_t> max_frames;
  std::optional<std::filesystem::path> stop_file;
  double poll_s = 1;
  double write_every_s = 60;

  EmcOptions emc;  ///< of the first model; its checkpoints and memory are those of the whole run

  void describe(OptionSet& options);
  /// UsageError where two contradict.
  void check_together() const;
};

/// What must agree between a run and the one that goes on from it.
std::string setting_of(const OnlineOptions& options, std::uint64_t seed);

}  // namespace spi
