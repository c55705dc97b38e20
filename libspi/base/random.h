// SPDX-License-Identifier: GPL-3.0-or-later
// Counter-based random numbers (Philox4x32-10, Salmon et al., SC'11), keyed by (seed, step, id).
#pragma once

#include <array>
#include <cstdint>

namespace spi {

/// The default of every --seed.
inline constexpr std::uint64_t kDefaultSeed = 42;

/// Four random words for a 128-bit counter and a 64-bit key.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key);

/// A stream of numbers that depends on (seed, step, id) alone: whichever thread draws for item
/// `id` gets the same numbers. `step` tells apart the uses (iteration, kind of draw; 32 bits).
class Random {
 public:
  Random(std::uint64_t seed, std::uint32_t step, std::uint64_t id);

  std::uint32_t bits32();
  std::uint64_t bits64();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform integer in [0, bound), bound >= 1.
  std::uint64_t below(std::uint64_t bound);
  /// Normal with mean 0 and variance 1 (Box-Muller).
  double normal();
  /// Gamma with the given shape > 0 and scale 1 (Marsaglia & Tsang 2000).
  double gamma(double shape);
  /// Poisson with the given mean >= 0: inversion below 12, transformed rejection above
  /// (PTRS, Hoermann 1993), normal approximation never.
  std::uint64_t poisson(double mean);

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
};

}  // namespace spi
