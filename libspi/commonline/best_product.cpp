// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/commonline/best_product.h"

#include <algorithm>
#include <limits>

namespace spi {
namespace {

// A register tile of kRows lines times two vectors of lines: as many accumulators as the
// instruction set has registers for (32 of 512 bits, or 16 of 256).
#if defined(__AVX512F__)
constexpr std::size_t kLanes = 16, kRows = 12;
#elif defined(__AVX__)
constexpr std::size_t kLanes = 8, kRows = 6;
#else
constexpr std::size_t kLanes = 4, kRows = 6;
#endif
constexpr std::size_t kColumns = 2 * kLanes;

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float))));

Vector larger(Vector a, Vector b) { return a > b ? a : b; }

struct Tile {
  Vector sum[kRows][2];
};

/// rows: [F][kRows], columns: [F][kColumns]
inline Tile multiply(const float* rows, const float* columns, std::size_t features) {
  Tile tile{};
  for (std::size_t f = 0; f < features; ++f, rows += kRows, columns += kColumns) {
    const Vector left = *reinterpret_cast<const Vector*>(columns);
    const Vector right = *reinterpret_cast<const Vector*>(columns + kLanes);
#pragma GCC unroll 12
    for (std::size_t r = 0; r < kRows; ++r) {
      tile.sum[r][0] += rows[r] * left;
      tile.sum[r][1] += rows[r] * right;
    }
  }
  return tile;
}

/// Lane by lane maximum over the tile.
inline Vector tile_maximum(const Tile& tile) {
  Vector most = larger(tile.sum[0][0], tile.sum[0][1]);
#pragma GCC unroll 12
  for (std::size_t r = 1; r < kRows; ++r)
    most = larger(most, larger(tile.sum[r][0], tile.sum[r][1]));
  return most;
}

std::size_t blocks(std::size_t count, std::size_t size) { return (count + size - 1) / size; }

/// Groups lines by `width`, feature by feature: [blocks][F][width].
void pack(const float* lines, std::size_t count, std::size_t features, std::size_t width,
          float* out) {
  for (std::size_t block = 0; block < blocks(count, width); ++block)
    for (std::size_t f = 0; f < features; ++f)
      for (std::size_t k = 0; k < width; ++k)
        *out++ = lines[std::min(block * width + k, count - 1) * features + f];
}

}  // namespace

PackedLines::PackedLines(const float* values, std::size_t patterns, std::size_t angles,
                         std::size_t features)
    : values_(values),
      angles_(angles),
      features_(features),
      row_blocks_(blocks(angles, kRows)),
      column_panels_(blocks(angles, kColumns)),
      columns_(patterns * column_panels_ * kColumns * features) {
  for (std::size_t j = 0; j < patterns; ++j)
    pack(values + j * angles * features, angles, features, kColumns,
         &columns_[j * column_panels_ * kColumns * features]);
}

PackedLines::Rows PackedLines::rows(std::size_t i) const {
  Rows packed(row_blocks_ * kRows * features_);
  pack(values_ + i * angles_ * features_, angles_, features_, kRows, packed.data());
  return packed;
}

template <class Visit>
void PackedLines::for_each_tile(const Rows& rows_i, std::size_t j, Visit visit) const {
  const float* columns = &columns_[j * column_panels_ * kColumns * features_];
  for (std::size_t panel = 0; panel < column_panels_; ++panel)
    for (std::size_t block = 0; block < row_blocks_; ++block)
      visit(multiply(rows_i.data() + block * kRows * features_,
                     columns + panel * kColumns * features_, features_),
            block * kRows, panel * kColumns);
}

float PackedLines::best(const Rows& rows_i, std::size_t j) const {
  Vector most = -std::numeric_limits<float>::infinity() - Vector{};
  for_each_tile(rows_i, j, [&](const Tile& tile, std::size_t, std::size_t) {
    most = larger(most, tile_maximum(tile));
  });
  float best = most[0];
  for (std::size_t l = 1; l < kLanes; ++l) best = std::max(best, most[l]);
  return best;
}

PackedLines::Place PackedLines::locate(const Rows& rows_i, std::size_t j, float value) const {
  Place place{angles_, angles_};
  for_each_tile(rows_i, j, [&](const Tile& tile, std::size_t row, std::size_t column) {
    for (std::size_t r = 0; r < kRows; ++r)
      for (std::size_t c = 0; c < kColumns; ++c)
        if (tile.sum[r][c / kLanes][c % kLanes] == value && place.row == angles_)
          place = {std::min(row + r, angles_ - 1), std::min(column + c, angles_ - 1)};
  });
  return place;
}

}  // namespace spi
