// SPDX-License-Identifier: GPL-3.0-or-later
// A GrowingFile in a process of its own: HDF5 does not let one process write and read along.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>

namespace spi::test {

class WriterProcess {
 public:
  /// Starts the file `path` with the frames of `from` to come.
  WriterProcess(const std::filesystem::path& path, const std::filesystem::path& from);
  ~WriterProcess() { close(); }
  WriterProcess(const WriterProcess&) = delete;
  WriterProcess& operator=(const WriterProcess&) = delete;

  /// Frames [first, first + n) of `from`; returns when they are in the file.
  void append(std::size_t first, std::size_t n) { order('a', first, n); }
  /// The parts of append().
  void append_photons(std::size_t first, std::size_t n) { order('p', first, n); }
  void append_ids(std::size_t first, std::size_t n) { order('i', first, n); }
  void append_starts(std::size_t first, std::size_t n) { order('s', first, n); }
  /// Ends and leaves the file well closed.
  void close();
  /// Dies as in a power cut.
  void kill();

 private:
  void order(char what, std::size_t first, std::size_t n);

  pid_t child_ = 0;
  int socket_ = -1;
};

}  // namespace spi::test
