// SPDX-License-Identifier: GPL-3.0-or-later
// Matrix products on tensor cores with the accuracy of single precision.
#pragma once

#include "libspi/cuda/block.h"

namespace spi::cuda {

/// The kernel of a[rows][depth] · b[columns][depth]^T on tiles of 128×128, 16 of the depth a step,
/// the next ones on their way meanwhile. Every number is split into two of TF32, so that with unit
/// rows the result is within 3·2^-22 (Cauchy-Schwarz) of the product that single precision sums in
/// the same order; TF32 alone would be off by up to 2^-10. `Out` says what becomes of a tile:
///   Out::Product Out::product(const Block&) const;  the matrices of this block
///   void Out::take(const Block&, int warp, PerLane<Fragment::C> (&sum)[4][4]) const;
/// sum[m][n] is the fragment at rows 16 m and columns 8 n of the warp's 64×32 part, which begins at
/// Tile::row and Tile::column.
struct Tile {
  static constexpr int kSize = 128, kDepth = 16, kWarps = 8;
  static constexpr int kStride = kDepth + 4;  ///< lanes of a fragment meet 32 banks
  static constexpr int kRows = 64, kColumns = 32, kAcross = kSize / kColumns;

  /// The warp's part within the tile.
  SPI_KERNEL static int row(int warp) { return warp / kAcross * kRows; }
  SPI_KERNEL static int column(int warp) { return warp % kAcross * kColumns; }
  SPI_KERNEL static std::size_t blocks(std::size_t size) { return (size + kSize - 1) / kSize; }
};

/// What a block multiplies. Rows beyond the last are not read; depth 0 gives zeros.
struct Factors {
  const float *a = nullptr, *b = nullptr;
  std::int64_t a_stride = 0, b_stride = 0;  ///< floats from row to row
  std::int64_t a_first = 0, b_first = 0;    ///< first rows of the tile
  std::int64_t a_rows = 0, b_rows = 0;      ///< all rows there are
  int depth = 0;
  bool skip = false;  ///< nothing to do
};

template <class Out>
struct TileProduct {
  static constexpr int kWarps = Tile::kWarps;
  struct State {
    PerLane<Fragment::C> sum[4][4];
  };
  Out out;

  SPI_KERNEL std::size_t shared_floats() const { return 4 * Tile::kSize * Tile::kStride; }
  SPI_KERNEL int steps(const Block& block) const {
    const Factors f = out.factors(block);
    return f.skip ? 0 : chunks(f.depth) + 1;
  }
  SPI_KERNEL void step(int s, const Block& block, int warp, float* shared, State& state) const {
    const Factors f = out.factors(block);
    constexpr int kBuffer = Tile::kSize * Tile::kStride;
    if (s == 0) clear(state);
    if (s < chunks(f.depth)) {
      float* const to = shared + s % 2 * 2 * kBuffer;
      fetch(f.a, f.a_stride, f.a_first, f.a_rows, f.depth, s, warp, to);
      fetch(f.b, f.b_stride, f.b_first, f.b_rows, f.depth, s, warp, to + kBuffer);
    }
    if (s > 0) {
      const float* const from = shared + (s - 1) % 2 * 2 * kBuffer;
      multiply(from, from + kBuffer, warp, state);
    }
    copies_arrive();
    if (s == chunks(f.depth)) out.take(block, warp, state.sum);
  }

 private:
  SPI_KERNEL static int chunks(int depth) {
    return depth > 0 ? (depth + Tile::kDepth - 1) / Tile::kDepth : 1;
  }
  SPI_KERNEL static void clear(State& state) {
    SPI_UNROLL
    for (int m = 0; m < 4; ++m) SPI_UNROLL
    for (int n = 0; n < 4; ++n)
      each_lane([&](int lane) {
        for (float& v : state.sum[m][n][lane].v) v = 0;
      });
  }
  /// Part `chunk` of the depth of the tile's rows, zeros beyond depth and rows.
  SPI_KERNEL static void fetch(const float* matrix, std::int64_t stride, std::int64_t first,
                               std::int64_t rows, int depth, int chunk, int warp, float* shared) {
    each_lane([&](int lane) {
      const int thread = warp * kWarp + lane, inner = thread % Tile::kDepth;
      const int at = chunk * Tile::kDepth + inner;
      for (int row = thread / Tile::kDepth; row < Tile::kSize;
           row += Tile::kWarps * kWarp / Tile::kDepth) {
        const bool inside = at < depth && first + row < rows;
        copy_async(shared + row * Tile::kStride + inner,
                   inside ? matrix + (first + row) * stride + at : matrix, inside);
      }
    });
  }
  SPI_KERNEL static void multiply(const float* a, const float* b, int warp, State& state) {
    a += Tile::row(warp) * Tile::kStride;
    b += Tile::column(warp) * Tile::kStride;
    SPI_UNROLL
    for (int k = 0; k < Tile::kDepth; k += 8) {
      Split<Fragment::B> right[4];
      SPI_UNROLL
      for (int n = 0; n < 4; ++n)
        each_lane([&](int lane) {
          const float* const row = b + (8 * n + Fragment::b_column(lane)) * Tile::kStride + k;
          SPI_UNROLL
          for (int v = 0; v < 2; ++v) right[n].set(lane, v, row[Fragment::b_inner(lane, v)]);
        });
      SPI_UNROLL
      for (int m = 0; m < 4; ++m) {
        Split<Fragment::A> left;
        each_lane([&](int lane) {
          SPI_UNROLL
          for (int v = 0; v < 4; ++v)
            left.set(lane, v,
                     a[(16 * m + Fragment::a_row(lane, v)) * Tile::kStride + k +
                       Fragment::a_inner(lane, v)]);
        });
        SPI_UNROLL
        for (int n = 0; n < 4; ++n) multiply_add(state.sum[m][n], left, right[n]);
      }
    }
  }
};

/// One of a batch: out[rows][columns] = a · b^T, or added to it.
struct BatchItem {
  const float *a, *b;
  std::int64_t a_stride, b_stride, rows, columns;
  int depth;
  bool add;
  float* out;
  std::int64_t stride;  ///< floats from row to row of out
};

/// Out of TileProduct: block.z counts the items; blocks beyond an item's size do nothing.
struct Batch {
  const BatchItem* items;

  /// For items of at most rows × columns.
  static Grid grid(std::size_t rows, std::size_t columns, std::size_t count) {
    return {unsigned(Tile::blocks(columns)), unsigned(Tile::blocks(rows)), unsigned(count)};
  }
  SPI_KERNEL Factors factors(const Block& block) const {
    const BatchItem& item = items[block.z];
    Factors f;
    f.a = item.a, f.b = item.b;
    f.a_stride = item.a_stride, f.b_stride = item.b_stride;
    f.a_first = std::int64_t(block.y) * Tile::kSize;
    f.b_first = std::int64_t(block.x) * Tile::kSize;
    f.a_rows = item.rows, f.b_rows = item.columns;
    f.depth = item.depth;
    f.skip = f.a_first >= f.a_rows || f.b_first >= f.b_rows;
    return f;
  }
  SPI_KERNEL void take(const Block& block, int warp, PerLane<Fragment::C> (&sum)[4][4]) const {
    const BatchItem& item = items[block.z];
    const std::int64_t top = std::int64_t(block.y) * Tile::kSize + Tile::row(warp);
    const std::int64_t left = std::int64_t(block.x) * Tile::kSize + Tile::column(warp);
    SPI_UNROLL
    for (int tile = 0; tile < 16; ++tile)
      each_lane([&](int lane) {
        const int m = tile / 4, n = tile % 4;
        SPI_UNROLL
        for (int v = 0; v < 4; ++v) {
          const std::int64_t row = top + 16 * m + Fragment::c_row(lane, v);
          const std::int64_t column = left + 8 * n + Fragment::c_column(lane, v);
          if (row >= item.rows || column >= item.columns) continue;
          float& to = item.out[row * item.stride + column];
          to = sum[m][n][lane].v[v] + (item.add ? to : 0.f);
        }
      });
  }
};

}  // namespace spi::cuda
