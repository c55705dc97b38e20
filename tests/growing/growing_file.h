// SPDX-License-Identifier: GPL-3.0-or-later
// A writer of frames.h5 in HDF5's SWMR mode, as a detector's would be: in plain HDF5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "libspi/io/frames.h"

namespace spi::test {

class GrowingFile {
 public:
  /// A file with the detector of another frames.h5 and no frame, that others may read from now on.
  GrowingFile(const std::filesystem::path& path, const std::filesystem::path& like);
  ~GrowingFile();
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  void append(const FrameBlock& block);
  /// The three steps of append(), each flushed: the frames are there after the last.
  void append_photons(const FrameBlock& block);
  void append_ids(const FrameBlock& block);
  void append_starts(const FrameBlock& block);

 private:
  std::int64_t create(const char* name, std::int64_t type, std::uint64_t chunk);
  void extend(std::int64_t dataset, std::int64_t type, std::uint64_t count, const void* values);

  std::int64_t file_, start_, id_, pixel_, count_;
  std::uint64_t photons_ = 0;
};

}  // namespace spi::test
