// SPDX-License-Identifier: GPL-3.0-or-later
// Symmetrised slicing and its adjoint point by point, and what surrounds them: works of
// cuda::launch_each, and a kernel. B patterns of P points each, numbered one after the other.
#pragma once

#include "libspi/cuda/block.h"

namespace spi::cuda {

/// The free box in numbers; x, y, z.
struct BoxNumbers {
  bool mirrored[3], has_turn;
  int turned, first[3], size[3];
  std::size_t voxels;
};

/// A point in the box: its lowest voxel and the fractions to the next ones.
struct BoxPlace {
  bool inside;
  std::size_t voxel;
  float f[3];
};

/// Which points look where.
struct Lookups {
  BoxNumbers box;
  const float *x, *y, *z;  ///< [P]
  std::size_t points;
  const float* rotations;  ///< [B][operations][9]
  int operations;

  /// Of point i of pattern b, turned by one of the operations, and folded (FreeBox::fold).
  SPI_KERNEL BoxPlace find(std::size_t b, std::size_t i, int operation) const {
    const float* const r = rotations + 9 * (b * std::size_t(operations) + std::size_t(operation));
    const float p[3] = {r[0] * x[i] + r[1] * y[i] + r[2] * z[i],
                        r[3] * x[i] + r[4] * y[i] + r[5] * z[i],
                        r[6] * x[i] + r[7] * y[i] + r[8] * z[i]};
    const float lead = box.turned == 2 ? p[2] : p[1];  // never x, see FreeBox
    const float sign = box.has_turn && lead < 0 ? -1.f : 1.f;
    BoxPlace place{true, 0, {}};
    int low[3];
    SPI_UNROLL
    for (int axis = 0; axis < 3; ++axis) {
      const float v =
          (box.mirrored[axis] ? fabsf(p[axis]) : sign * p[axis]) - float(box.first[axis]);
      const int last = box.size[axis] - 1;
      place.inside = place.inside && v >= 0 && v <= float(last);
      const int whole = place.inside ? int(v) : 0;
      low[axis] = whole < last ? whole : last - 1;
      place.f[axis] = v - float(low[axis]);
    }
    place.voxel = (std::size_t(low[2]) * std::size_t(box.size[1]) + std::size_t(low[1])) * row() +
                  std::size_t(low[0]);
    return place;
  }
  /// Voxels from one y, z to the next.
  SPI_KERNEL std::size_t row() const { return std::size_t(box.size[0]); }
  SPI_KERNEL std::size_t layer() const { return row() * std::size_t(box.size[1]); }
};

struct SlicePoint {
  Lookups at;
  const float* volumes;
  float* values;

  SPI_KERNEL void operator()(std::size_t item) const {
    const std::size_t b = item / at.points, row = at.row(), layer = at.layer();
    const float* const volume = volumes + b * at.box.voxels;
    float sum = 0;
    for (int k = 0; k < at.operations; ++k) {
      const BoxPlace place = at.find(b, item % at.points, k);
      if (!place.inside) continue;
      const float* const v = volume + place.voxel;
      const float a = along_x(v, place), c = along_x(v + layer, place);
      const float low = a + place.f[1] * (along_x(v + row, place) - a);
      const float high = c + place.f[1] * (along_x(v + layer + row, place) - c);
      sum += low + place.f[2] * (high - low);
    }
    values[item] = sum / float(at.operations);
  }

 private:
  SPI_KERNEL static float along_x(const float* v, const BoxPlace& place) {
    return v[0] + place.f[0] * (v[1] - v[0]);
  }
};

/// The largest magnitude among the values of each pattern, as bits: floats of one sign are ordered
/// as they are, and what is not finite comes above all.
struct LargestValue {
  static constexpr int kWarps = 8;
  static constexpr unsigned kBlocks = 8;  ///< a pattern
  using State = NoState;
  const float* values;
  std::size_t points;
  unsigned long long* largest;  ///< [B], 0 before

  SPI_KERNEL std::size_t shared_floats() const { return 0; }
  SPI_KERNEL int steps(const Block&) const { return 1; }
  SPI_KERNEL void step(int, const Block& block, int warp, float*, State&) const {
    constexpr std::size_t kThreads = kWarps * kWarp;
    const std::size_t b = block.x / kBlocks, part = block.x % kBlocks;
    PerLane<std::uint32_t> most;
    each_lane([&](int lane) {
      most[lane] = 0;
      for (std::size_t i = part * kThreads + std::size_t(warp * kWarp + lane); i < points;
           i += kThreads * kBlocks) {
        const std::uint32_t bits = bits_of(values[b * points + i]) & 0x7fffffffu;
        most[lane] = bits > most[lane] ? bits : most[lane];
      }
    });
    join_lanes(most, [](std::uint32_t p, std::uint32_t q) { return p > q ? p : q; });
    each_lane([&](int lane) {
      if (lane == 0) atomic_largest(largest + b, most[lane]);
    });
  }
};

/// The units of each pattern's sums.
struct FixedPoint {
  const unsigned long long* largest;  ///< [B] of LargestValue
  std::size_t points;

  SPI_KERNEL bool finite(std::size_t b) const { return largest[b] < 0x7f800000u; }
  /// How many are 1. No voxel's sum exceeds points × largest: it takes 62 bits.
  SPI_KERNEL double unit(std::size_t b) const {
    const float most = float_of(std::uint32_t(largest[b]));
    int exponent = 0;
    frexp(double(points) * double(fmaxf(most, 1e-30f)), &exponent);
    return ldexp(1., 62 - exponent);
  }
};

struct ScatterPoint {
  Lookups at;
  const float* values;
  FixedPoint fixed;
  unsigned long long* sums;  ///< [B][voxels], 0 before

  SPI_KERNEL void operator()(std::size_t item) const {
    const std::size_t b = item / at.points;
    const float value = values[item] / float(at.operations);
    if (value == 0 || !fixed.finite(b)) return;
    const double unit = fixed.unit(b);
    for (int k = 0; k < at.operations; ++k) {
      const BoxPlace place = at.find(b, item % at.points, k);
      if (!place.inside) continue;
      for (int corner = 0; corner < 8; ++corner) {
        const int dx = corner & 1, dy = corner >> 1 & 1, dz = corner >> 2;
        const float weight = (dx ? place.f[0] : 1 - place.f[0]) *
                             (dy ? place.f[1] : 1 - place.f[1]) *
                             (dz ? place.f[2] : 1 - place.f[2]);
        atomic_add(sums + b * at.box.voxels + place.voxel + std::size_t(dx) +
                       std::size_t(dy) * at.row() + std::size_t(dz) * at.layer(),
                   static_cast<unsigned long long>(llrint(double(value * weight) * unit)));
      }
    }
  }
};

/// Sums to floats.
struct UnfixVoxel {
  FixedPoint fixed;
  std::size_t voxels;
  const unsigned long long* sums;
  float* volumes;

  SPI_KERNEL void operator()(std::size_t item) const {
    const std::size_t b = item / voxels;
    volumes[item] = fixed.finite(b)
                        ? float(double(static_cast<long long>(sums[item])) / fixed.unit(b))
                        : float_of(0x7fc00000u);
  }
};

/// Both voxels of a pair get their mean (FreeBox::tie).
struct TiePair {
  const std::uint32_t* pairs;
  std::size_t count, voxels;
  float* volumes;

  SPI_KERNEL void operator()(std::size_t item) const {
    float* const volume = volumes + item / count * voxels;
    const std::uint32_t* const pair = pairs + 2 * (item % count);
    volume[pair[0]] = volume[pair[1]] = (volume[pair[0]] + volume[pair[1]]) / 2;
  }
};

}  // namespace spi::cuda
