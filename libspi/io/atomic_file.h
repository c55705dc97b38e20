// SPDX-License-Identifier: GPL-3.0-or-later
// Outputs appear whole or not at all: written under a temporary name, synced, renamed.
#pragma once

#include <filesystem>
#include <string_view>

namespace spi {

/// Reserves `<path>.tmp-<pid>`; commit() syncs it to disk and renames it to `path`. Without
/// commit() the temporary file is removed.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Where to write until commit(); the file does not exist yet.
  const std::filesystem::path& temporary() const { return temporary_; }
  /// UserError with the reason where the disk refuses.
  void commit();

 private:
  std::filesystem::path path_, temporary_;
  bool committed_ = false;
};

/// The whole text as an atomic file; UserError on any short write.
void write_text(const std::filesystem::path& path, std::string_view text);

}  // namespace spi
