// SPDX-License-Identifier: GPL-3.0-or-later
// The files that a command writes in its end.
#pragma once

#include <deque>

#include "libspi/io/atomic_file.h"
#include "libspi/plot/figure.h"

/// Files that appear together, each whole, or not at all.
class Outputs {
 public:
  /// Where to write what becomes `path` with commit().
  const std::filesystem::path& file(const std::filesystem::path& path) {
    return files_.emplace_back(path).temporary();
  }
  /// The format is that of the path's extension.
  void draw(const spi::plot::Figure& figure, const std::filesystem::path& path) {
    figure.save(file(path), spi::plot::format_of(path));
  }
  void commit() {
    for (spi::AtomicFile& file : files_) file.commit();
  }

 private:
  std::deque<spi::AtomicFile> files_;
};
