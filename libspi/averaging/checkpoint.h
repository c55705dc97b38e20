// SPDX-License-Identifier: GPL-3.0-or-later
// A folder beside the output that holds what an interrupted job needs to go on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "libspi/averaging/class_result.h"

namespace spi {

/// One HDF5 file a run, under way (run-3.h5) or finished (run-3-done.h5), each written whole or not
/// at all. `setting` describes frames and options: files of another setting are refused.
class CheckpointFolder {
 public:
  /// Makes the folder. Without `resume` what it holds is removed. An empty path: no checkpoints.
  CheckpointFolder(std::filesystem::path folder, std::string setting, bool resume);

  void save(const ClassRun& run) const;
  void save(const ClassResult& result) const;
  std::optional<ClassRun> load_run(std::size_t run) const;
  std::optional<ClassResult> load_result(std::size_t run) const;
  /// The job is done: removes the folder.
  void remove() const;

 private:
  std::filesystem::path run_path(std::size_t run, bool done) const;
  void check_setting(const h5::File& file) const;

  std::filesystem::path folder_;
  std::string setting_;
};

}  // namespace spi
