// SPDX-License-Identifier: GPL-3.0-or-later
// What phasing does to single bins and voxels (engine.cpp), fused with the sums over them: terms of
// cuda::SumParts that change what they visit, and it visits everything once.
#pragma once

#include "libspi/cuda/block.h"
#include "libspi/phasing/recipe.h"

namespace spi::cuda {

/// Σ weight·(|F| - A)² over the measured bins; with `change`, F becomes scale · P F.
struct ApplyModuli {
  float* spectrum;  ///< re, im
  const float* modulus;
  std::size_t half;  ///< bins of a row, of which the first counts once and the others twice
  float scale;
  bool change;

  SPI_KERNEL double operator()(std::size_t bin) const {
    const float re = spectrum[2 * bin], im = spectrum[2 * bin + 1], a = modulus[bin];
    const float m = sqrtf(re * re + im * im);
    const bool free = a < 0;
    if (change) {
      const float factor = free ? scale : scale * a / fmaxf(m, 1e-30f);
      spectrum[2 * bin] = re * factor;
      spectrum[2 * bin + 1] = im * factor;
    }
    return free ? 0. : double((m - a) * (m - a)) * (bin % half == 0 ? 1. : 2.);
  }
};

/// Of a voxel, what the constraint judges: y = (1 + keep) P x - keep x inside the region.
struct Reflection {
  const float *x, *p;
  const std::uint8_t* region;
  float keep;

  SPI_KERNEL float operator()(std::size_t i) const {
    return region[i] ? (1 + keep) * p[i] - keep * x[i] : 0.f;
  }
};

struct PositiveMass {
  Reflection y;
  SPI_KERNEL double operator()(std::size_t i) const { return double(fmaxf(y(i), 0.f)); }
};

/// Counts the high 16 bits of positive values, or the low ones of those with these high bits.
struct CountBits {
  Reflection y;
  bool low;
  std::uint32_t high;
  unsigned* histogram;  ///< [65536]

  SPI_KERNEL void operator()(std::size_t i) const {
    const float value = y(i);
    if (!(value > 0)) return;
    const std::uint32_t bits = bits_of(value);
    if (!low)
      atomic_add(histogram + (bits >> 16), 1);
    else if (bits >> 16 == high)
      atomic_add(histogram + (bits & 0xffff), 1);
  }
};

/// The next x of a step; the sum of squared changes.
struct UpdateVoxel {
  float* x;
  const float* p;
  const std::uint8_t* region;
  Algorithm algorithm;
  float beta, least;

  SPI_KERNEL double operator()(std::size_t i) const {
    const float before = x[i], after = next(before, p[i], region[i] != 0);
    x[i] = after;
    return double((after - before) * (after - before));
  }

 private:
  SPI_KERNEL float constrained(float y, bool inside) const {
    return inside && y >= least ? y : 0.f;
  }
  SPI_KERNEL float next(float v, float projected, bool inside) const {
    if (algorithm == Algorithm::ER) return constrained(projected, inside);
    if (algorithm == Algorithm::HIO)
      return inside && projected >= least ? projected : v - beta * projected;
    const float s = constrained(2 * projected - v, inside);
    if (algorithm == Algorithm::RAAR) return beta * (v + s - projected) + (1 - beta) * projected;
    return v + beta * (s - projected);
  }
};

}  // namespace spi::cuda
