// SPDX-License-Identifier: GPL-3.0-or-later
// The tile product of the devices, run on the processor.
#include "libspi/cuda/product.h"

#include <gtest/gtest.h>

#include "libspi/base/random.h"
#include "libspi/cuda/host_queue.h"

namespace spi::cuda {
namespace {

/// Writes the product to out[rows][columns].
struct Store {
  const float *a, *b;
  std::int64_t rows, columns;
  int depth;
  std::int64_t stride;
  float* out;

  Factors factors(const Block& block) const {
    return {a,
            b,
            stride,
            stride,
            std::int64_t(block.y) * Tile::kSize,
            std::int64_t(block.x) * Tile::kSize,
            rows,
            columns,
            depth,
            false};
  }
  void take(const Block& block, int warp, PerLane<Fragment::C> (&sum)[4][4]) const {
    for (int m = 0; m < 4; ++m)
      for (int n = 0; n < 4; ++n)
        each_lane([&](int lane) {
          for (int v = 0; v < 4; ++v) {
            const std::int64_t r = std::int64_t(block.y) * Tile::kSize + Tile::row(warp) + 16 * m +
                                   Fragment::c_row(lane, v);
            const std::int64_t c = std::int64_t(block.x) * Tile::kSize + Tile::column(warp) +
                                   8 * n + Fragment::c_column(lane, v);
            if (r < rows && c < columns) out[r * columns + c] = sum[m][n][lane].v[v];
          }
        });
  }
};

TEST(TileProduct, IsTheProductToSinglePrecision) {
  struct Shape {
    std::int64_t rows, columns;
    int depth;
  };
  // Ragged tiles, a depth that is no multiple of a step's, one element, no depth at all.
  for (const auto& [rows, columns, depth] :
       {Shape{1, 1, 1}, Shape{130, 257, 33}, Shape{128, 128, 16}, Shape{5, 140, 100},
        Shape{3, 4, 0}}) {
    const std::int64_t stride = depth + 3;
    Random random(3, 0, 0);
    std::vector<float> a(std::size_t(rows * stride), std::nanf("")),
        b(std::size_t(columns * stride), std::nanf(""));
    for (auto* matrix : {&a, &b})
      for (std::size_t row = 0; row < matrix->size() / std::size_t(stride); ++row) {
        double norm = 0;
        float* x = &(*matrix)[row * std::size_t(stride)];
        for (int k = 0; k < depth; ++k) norm += std::pow(x[k] = float(random.normal()), 2);
        for (int k = 0; k < depth; ++k) x[k] = float(x[k] / std::sqrt(norm));
      }
    std::vector<float> out(std::size_t(rows * columns), std::nanf(""));
    const Store store{a.data(), b.data(), rows, columns, depth, stride, out.data()};
    HostQueue().launch(TileProduct<Store>{store}, {unsigned(Tile::blocks(std::size_t(columns))),
                                                   unsigned(Tile::blocks(std::size_t(rows))), 1});
    double largest = 0;
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < columns; ++c) {
        double exact = 0;
        for (int k = 0; k < depth; ++k)
          exact += double(a[std::size_t(r * stride + k)]) * double(b[std::size_t(c * stride + k)]);
        const double error = std::abs(out[std::size_t(r * columns + c)] - exact);
        // 3·2^-22 of the splitting, and rounding of each of 3·depth sums of numbers below 1.
        ASSERT_LE(error, (3 + 3 * depth) * 0x1p-22) << r << " " << c;
        largest = std::max(largest, error);
      }
    EXPECT_LE(largest, 2e-6);  // TF32 alone would be off by 2e-4 and fail here
  }
}

}  // namespace
}  // namespace spi::cuda
