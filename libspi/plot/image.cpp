// SPDX-License-Identifier: GPL-3.0-or-later
// Averaging a matrix over blocks.
#include "libspi/plot/image.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libspi/base/error.h"  // for SPI_ASSERT

namespace spi::plot {
namespace {

/// Into how many nearly equal blocks a side of `n` goes so that none of them is left over.
std::size_t blocks_of(std::size_t n) {
  const std::size_t block = std::max<std::size_t>(1, (n + Image::kMaxSide - 1) / Image::kMaxSide);
  return (n + block - 1) / block;
}

/// [out_rows][out_cols] means of the finite values in block (i, j) of [rows][cols] `values`, whose
/// rows are floor(i·rows/out_rows) up to the next block's, columns alike.
template <class Real>
std::vector<double> block_means(std::span<const Real> values, std::size_t rows, std::size_t cols,
                                std::size_t out_rows, std::size_t out_cols) {
  std::vector<double> means(out_rows * out_cols);
  std::vector<double> sum(out_cols), count(out_cols);
  for (std::size_t i = 0; i < out_rows; ++i) {
    std::ranges::fill(sum, 0);
    std::ranges::fill(count, 0);
    for (std::size_t row = i * rows / out_rows; row < (i + 1) * rows / out_rows; ++row) {
      const Real* const line = values.data() + row * cols;
      for (std::size_t j = 0; j < out_cols; ++j)
        for (std::size_t col = j * cols / out_cols; col < (j + 1) * cols / out_cols; ++col)
          if (std::isfinite(line[col])) sum[j] += line[col], ++count[j];
    }
    for (std::size_t j = 0; j < out_cols; ++j)
      means[i * out_cols + j] =
          count[j] > 0 ? sum[j] / count[j] : std::numeric_limits<double>::quiet_NaN();
  }
  return means;
}

}  // namespace

Image::Image(std::size_t rows, std::size_t cols, std::span<const float> values)
    : rows_(blocks_of(rows)), cols_(blocks_of(cols)), given_rows_(rows), given_cols_(cols) {
  SPI_ASSERT(values.size() == rows * cols);
  values_ = block_means(values, rows, cols, rows_, cols_);
}

Image::Image(std::size_t rows, std::size_t cols, std::span<const double> values)
    : rows_(blocks_of(rows)), cols_(blocks_of(cols)), given_rows_(rows), given_cols_(cols) {
  SPI_ASSERT(values.size() == rows * cols);
  values_ = block_means(values, rows, cols, rows_, cols_);
}

Image Image::reduced(std::size_t max_rows, std::size_t max_cols) const {
  Image small = *this;
  small.rows_ = std::min(rows_, std::max<std::size_t>(1, max_rows));
  small.cols_ = std::min(cols_, std::max<std::size_t>(1, max_cols));
  small.values_ = block_means(values(), rows_, cols_, small.rows_, small.cols_);
  return small;
}

}  // namespace spi::plot
