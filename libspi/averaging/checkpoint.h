// SPDX-License-Identifier: GPL-3.0-or-later
// A folder beside the output that holds what an interrupted job needs to go on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "libspi/averaging/class_result.h"

namespace spi {

/// One HDF5 file a run, under way (run-3.h5) or finished (run-3-done.h5), each written whole or not
/// at all. `setting` describes frames and options: files of another setting are refused. Rank 0
/// alone reads and writes; what it reads, all ranks get.
class CheckpointFolder {
 public:
  /// Makes the folder. Without `resume` what it holds is removed. An empty path: no checkpoints.
  CheckpointFolder(std::filesystem::path folder, std::string setting, bool resume, Team& team);

  void save(const ClassRun& run) const;
  void save(const ClassResult& result) const;
  std::optional<ClassRun> load_run(std::size_t run) const;
  std::optional<ClassResult> load_result(std::size_t run) const;

 private:
  std::filesystem::path run_path(std::size_t run, bool done) const;
  /// The file where it is there, on rank 0; `exists` is for all ranks.
  std::optional<h5::File> open(const std::filesystem::path& path, bool& exists) const;
  void check_setting(const h5::File& file) const;

  std::filesystem::path folder_;
  std::string setting_;
  Team& team_;
};

}  // namespace spi
