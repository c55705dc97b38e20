// SPDX-License-Identifier: GPL-3.0-or-later
// What a running tool has: its common options resolved, its monitor, its outputs, its provenance.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/device.h"
#include "libspi/base/monitor.h"
#include "libspi/base/random.h"
#include "libspi/base/team.h"
#include "libspi/cli/provenance.h"
#include "libspi/cli/usage.h"

namespace spi::cli {

/// The options that every tool has.
struct CommonOptions {
  std::filesystem::path output;
  std::optional<int> threads;
  Device device = Device::automatic;
  std::uint64_t seed = kDefaultSeed;
  bool force = false, quiet = false, verbose = false;
  std::optional<std::filesystem::path> log;

  void describe(OptionSet& options, const Usage& usage);
};

class Session {
 public:
  /// Throws DeviceError where the device asked for cannot be had.
  Session(std::string name, const Usage& usage, const CommonOptions& common,
          std::string command_line, Team& team);
  ~Session();

  Monitor& monitor() { return *monitor_; }
  /// Who shares the work. Only its rank 0 speaks, claims outputs and is to write them.
  Team& team() { return team_; }
  int threads() const { return threads_; }
  Device device() const { return device_; }
  std::uint64_t seed() const { return common_.seed; }
  bool force() const { return common_.force; }

  /// The --output path, claimed; empty where it was not given and has no default.
  const std::filesystem::path& output() const { return common_.output; }

  /// Declares that `path` will be written, before the work begins: refuses a file that exists
  /// (without --force), one that is an input, and a folder that is missing or cannot be written.
  const std::filesystem::path& claim(const std::filesystem::path& path);

  /// The output's path with its extension replaced: clpca.h5 -> clpca-SUFFIX. Claimed.
  std::filesystem::path companion(const std::string& suffix);

  Provenance provenance() const;

 private:
  std::string name_;
  const Usage& usage_;
  CommonOptions common_;
  std::string command_line_;
  Team& team_;
  int threads_;
  Device device_;
  std::unique_ptr<Monitor> monitor_;
};

}  // namespace spi::cli
