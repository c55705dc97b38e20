// SPDX-License-Identifier: GPL-3.0-or-later
// The largest inner product between two sets of lines: a matrix product whose result never
// leaves the registers.
#pragma once

#include <cstddef>
#include <vector>

namespace spi {

/// The lines of N patterns packed for the kernel. Blocks are filled up by repeating the last
/// line, which changes no maximum.
class PackedLines {
 public:
  /// values: [N][A][F]; must outlive this object.
  PackedLines(const float* values, std::size_t patterns, std::size_t angles, std::size_t features);

  /// One pattern's lines, packed as the left factor.
  using Rows = std::vector<float>;
  Rows rows(std::size_t i) const;

  /// max over a, b of <l_ia, l_jb>; 2·A²·F operations in single precision.
  float best(const Rows& rows_i, std::size_t j) const;

  /// Angle indices of a pair of lines.
  struct Place {
    std::size_t row, column;
  };
  /// Where the product equals `value`, the result of best(rows_i, j); the first such place.
  Place locate(const Rows& rows_i, std::size_t j, float value) const;

 private:
  template <class Visit>
  void for_each_tile(const Rows& rows_i, std::size_t j, Visit visit) const;

  const float* values_;
  std::size_t angles_, features_, row_blocks_, column_panels_;
  std::vector<float> columns_;  ///< [N][column panels][F][columns of a panel]
};

}  // namespace spi
