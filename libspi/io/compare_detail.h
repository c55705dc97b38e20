// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of compare_files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libspi/io/byte_file.h"
#include "libspi/io/compare.h"
#include "libspi/io/hdf5.h"

namespace spi {

/// Collects the differences of two arrays of reals, given in pieces: first every piece of the
/// reference to measure(), then every pair of pieces to add().
class RealDifference {
 public:
  explicit RealDifference(const CompareOptions& options) : options_(options) {}
  void measure(const std::vector<double>& values);
  void add(const std::vector<double>& a, const std::vector<double>& b);
  /// What differs, in words; nullopt where nothing does.
  std::optional<std::string> words() const;

 private:
  struct First {
    std::size_t index = 0;
    double a = 0, b = 0;
  };
  const CompareOptions& options_;
  double largest_ = 0, worst_ = 0;
  std::size_t seen_ = 0, count_ = 0;
  First first_;
};

Comparison compare_hdf5(const h5::File& a, const h5::File& b, const CompareOptions& options);
Comparison compare_texts(const ByteFile& a, const ByteFile& b, const CompareOptions& options);

}  // namespace spi
