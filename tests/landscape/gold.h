// SPDX-License-Identifier: GPL-3.0-or-later
// Simulated gold and its landscape, for tests of whole analyses.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "libspi/base/parallel.h"
#include "libspi/embedding/clpca.h"
#include "libspi/simulate/output.h"

namespace spi {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("spi-" + std::to_string(getpid()) + "-" + name)) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline void simulate_gold(const std::filesystem::path& path, std::uint64_t seed, std::size_t count,
                          double photons, bool noise_free = false) {
  SimulateOptions options;
  options.preset = Preset::melting_gold;
  options.averages = true;
  options.frames = count;
  options.photons = photons;
  options.noise_free = noise_free;
  const Simulator simulator(options.resolved(), seed, available_threads());
  write_averages(simulator, path, {}, silent_monitor());
}

inline Clpca embed(const std::filesystem::path& path, const StackOptions& stack_options = {}) {
  ClpcaOptions options;
  options.bootstrap = 0;
  const auto stack = open_stack(path, stack_options);
  return clpca(*stack, options, kDefaultSeed, available_threads(), silent_monitor());
}

}  // namespace spi
