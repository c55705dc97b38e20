// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel of the CC matrix: products of lines whose blocks are reduced to their maxima before
// they leave the registers.
#pragma once

#include "libspi/cuda/product.h"

namespace spi::cuda {

/// The largest of A×A products and where it is, as one number that atomics compare: the float,
/// ordered as an integer, above the complement of a·A + b, so that the first of equal ones wins.
struct Peak {
  float value;
  std::uint32_t place;

  static constexpr unsigned long long kNone = 0;  ///< below every other

  SPI_KERNEL unsigned long long packed() const {
    const std::uint32_t bits = bits_of(value);
    const std::uint32_t ordered = bits ^ (bits >> 31 ? 0xffffffffu : 0x80000000u);
    return static_cast<unsigned long long>(ordered) << 32 | (0xffffffffu - place);
  }
  SPI_KERNEL static Peak of(unsigned long long packed) {
    const auto ordered = std::uint32_t(packed >> 32);
    const std::uint32_t bits = ordered ^ (ordered >> 31 ? 0x80000000u : 0xffffffffu);
    return {float_of(bits), 0xffffffffu - std::uint32_t(packed)};
  }
};

/// Lines of some consecutive patterns of the set as [patterns][padded][features]: `padded` is the
/// number of angles A rounded up to kGroup, filled up by repeating the last line, which changes no
/// maximum.
struct LinePanel {
  static constexpr int kGroup = 32;

  const float* lines = nullptr;
  int first = 0, patterns = 0;

  static std::size_t padded(std::size_t angles) { return (angles + kGroup - 1) / kGroup * kGroup; }
};

/// best[i][j] = the largest product of a line of pattern i of `left` with one of pattern j of
/// `right`, for patterns i < j of the whole set only; the others stay. Out of TileProduct: a warp's
/// part of 64×32 products is two groups of 32×32, each of one pair of patterns; each is reduced to
/// a Peak, and one atomic maximum follows.
struct LineMaximum {
  LinePanel left, right;
  int angles, padded, features;
  unsigned long long* best;  ///< [left.patterns][right.patterns] Peak::packed, to begin with kNone

  Grid grid() const {
    return {unsigned(Tile::blocks(std::size_t(right.patterns) * std::size_t(padded))),
            unsigned(Tile::blocks(std::size_t(left.patterns) * std::size_t(padded))), 1};
  }
  SPI_KERNEL Factors factors(const Block& block) const {
    Factors f;
    f.a = left.lines, f.b = right.lines;
    f.a_stride = f.b_stride = features;
    f.a_first = std::int64_t(block.y) * Tile::kSize;
    f.b_first = std::int64_t(block.x) * Tile::kSize;
    f.a_rows = std::int64_t(left.patterns) * padded;
    f.b_rows = std::int64_t(right.patterns) * padded;
    f.depth = features;
    const std::int64_t last = (f.b_first + Tile::kSize - 1) / padded;
    f.skip = right.first + last <= left.first + f.a_first / padded;  // nothing above the diagonal
    return f;
  }
  SPI_KERNEL void take(const Block& block, int warp, PerLane<Fragment::C> (&sum)[4][4]) const {
    const std::int64_t row = std::int64_t(block.y) * Tile::kSize + Tile::row(warp);
    const std::int64_t column = std::int64_t(block.x) * Tile::kSize + Tile::column(warp);
    const int j = int(column / padded);
    SPI_UNROLL
    for (int half = 0; half < 2; ++half) {
      const std::int64_t top = row + half * LinePanel::kGroup;
      const int i = int(top / padded);
      if (i >= left.patterns || j >= right.patterns || left.first + i >= right.first + j) continue;
      const Peak peak =
          reduce(sum[2 * half], sum[2 * half + 1], int(top % padded), int(column % padded));
      each_lane([&](int lane) {
        if (lane == 0) atomic_largest(best + std::int64_t(i) * right.patterns + j, peak.packed());
      });
    }
  }

 private:
  SPI_KERNEL std::uint32_t place(int a, int b) const {
    const std::uint32_t last = std::uint32_t(angles - 1);
    const std::uint32_t row = std::uint32_t(a) < last ? std::uint32_t(a) : last;
    const std::uint32_t column = std::uint32_t(b) < last ? std::uint32_t(b) : last;
    return row * std::uint32_t(angles) + column;
  }
  /// Of 32×32 products, the first at angles a, b.
  SPI_KERNEL Peak reduce(const PerLane<Fragment::C> (&upper)[4],
                         const PerLane<Fragment::C> (&lower)[4], int a, int b) const {
    PerLane<float> most;
    PerLane<std::uint32_t> at;
    each_lane([&](int lane) {
      float value = upper[0][lane].v[0];
      SPI_UNROLL
      for (int n = 0; n < 4; ++n) SPI_UNROLL
      for (int v = 0; v < 4; ++v)
        value = fmaxf(value, fmaxf(upper[n][lane].v[v], lower[n][lane].v[v]));
      most[lane] = value;
    });
    join_lanes(most, [](float x, float y) { return fmaxf(x, y); });
    each_lane([&](int lane) {
      std::uint32_t first = 0xffffffffu;
      SPI_UNROLL
      for (int n = 0; n < 4; ++n) SPI_UNROLL
      for (int v = 0; v < 4; ++v) {
        const int r = a + Fragment::c_row(lane, v), c = b + 8 * n + Fragment::c_column(lane, v);
        if (upper[n][lane].v[v] == most[lane]) first = smaller(first, place(r, c));
        if (lower[n][lane].v[v] == most[lane]) first = smaller(first, place(r + 16, c));
      }
      at[lane] = first;
    });
    join_lanes(at, [](std::uint32_t x, std::uint32_t y) { return smaller(x, y); });
    Peak peak{};
    each_lane([&](int lane) { peak = {most[lane], at[lane]}; });
    return peak;
  }
  SPI_KERNEL static std::uint32_t smaller(std::uint32_t x, std::uint32_t y) {
    return x < y ? x : y;
  }
};

}  // namespace spi::cuda
