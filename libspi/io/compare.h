// SPDX-License-Identifier: GPL-3.0-or-later
// Are two files the same within a tolerance?
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "libspi/base/options.h"

namespace spi {

struct CompareOptions {
  double tolerance = 1e-6;  ///< of the dataset's, volume's or column's largest magnitude
  bool absolute = false;    ///< the tolerance is a difference, not a fraction
  std::vector<std::string> ignore = {};  ///< beside /provenance: paths, with all below them

  void describe(OptionSet& options);
};

struct Comparison {
  std::vector<std::string> differences;  ///< in words, one for each thing that differs
  std::size_t compared = 0;              ///< datasets, attributes, columns
};

/// HDF5 with HDF5 (datasets and attributes), MRC with MRC, frame files with frame files, text with
/// text (comma-separated fields as numbers where they are), anything else byte by byte. Integers
/// and texts must be equal; NaN equals NaN. Streams HDF5 and frames. UsageError where the files are
/// of different kinds.
Comparison compare_files(const std::filesystem::path& a, const std::filesystem::path& b,
                         const CompareOptions& options);

}  // namespace spi
