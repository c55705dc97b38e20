// SPDX-License-Identifier: GPL-3.0-or-later
// Where patterns come from, before masks and checks: one source per file format.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "libspi/io/hdf5.h"
#include "libspi/io/stack.h"

namespace spi {

class StackSource {
 public:
  virtual ~StackSource() = default;
  StackInfo info;
  int threads = 1;  ///< for decompression
  /// Patterns [first, first + n) as they are, n within the file; the weight stays 1 where the file
  /// has none. Both are [n][rows][columns], sized by the caller.
  virtual void read(std::size_t first, std::size_t n, float* intensity, float* weight) = 0;
  virtual std::vector<std::uint64_t> ids() const;
  /// The file's own mask plane [rows][columns], or empty.
  virtual std::vector<std::int64_t> own_mask() { return {}; }
};

/// Ours, Dragonfly's or a plain stack.
std::unique_ptr<StackSource> open_hdf5_stack(h5::File file, const StackOptions& options);
std::unique_ptr<StackSource> open_npy_stack(const std::filesystem::path& path);
std::unique_ptr<StackSource> open_mrc_stack(const std::filesystem::path& path);

/// Whether a file begins as NumPy's and as MRC files do.
bool is_npy(const std::filesystem::path& path);
bool is_mrc(const std::filesystem::path& path);

/// A plane [rows][columns] of whole numbers from any file: HDF5 (`dataset`, or the only one named
/// mask), .npy, or raw bytes. UserError names the file where shape or values do not fit.
std::vector<std::int64_t> read_mask_plane(const std::filesystem::path& path,
                                          const std::string& dataset, std::size_t rows,
                                          std::size_t columns);
std::vector<std::int64_t> read_mask_plane(const h5::File& file, const std::string& dataset,
                                          std::size_t rows, std::size_t columns);
/// The only dataset named mask of two dimensions, "" where there is none; UserError where none of
/// them fits or several do.
std::string find_mask(const h5::File& file, std::size_t rows, std::size_t columns);

}  // namespace spi
