// SPDX-License-Identifier: GPL-3.0-or-later
// A matrix to be shown: copied in, averaged down to what a picture can hold.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "libspi/plot/color.h"

namespace spi::plot {

/// [rows][cols] values, at most kMaxSide a side; NaN is missing.
class Image {
 public:
  static constexpr std::size_t kMaxSide = 1200;

  Image() = default;

  /// Copies `values`, [rows][cols] in row-major order. A larger matrix is averaged over equal
  /// blocks (NaN left out; NaN where a block has nothing else). One pass, no full-size copy.
  Image(std::size_t rows, std::size_t cols, std::span<const float> values);
  Image(std::size_t rows, std::size_t cols, std::span<const double> values);

  /// The same picture with at most so many rows and columns, averaged.
  Image reduced(std::size_t max_rows, std::size_t max_cols) const;

  /// Shape of the stored, perhaps reduced, values.
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::span<const double> values() const { return values_; }
  double operator()(std::size_t row, std::size_t col) const { return values_[row * cols_ + col]; }

  /// Shape of the matrix that was given: the axes count its rows and columns.
  std::size_t given_rows() const { return given_rows_; }
  std::size_t given_cols() const { return given_cols_; }

 private:
  std::size_t rows_ = 0, cols_ = 0, given_rows_ = 0, given_cols_ = 0;
  std::vector<double> values_;
};

}  // namespace spi::plot
