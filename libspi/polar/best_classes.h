// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel that ranks each frame's classes. LikelihoodEngine::rank_classes is its definition.
#pragma once

#include "libspi/polar/class_kernels.h"

namespace spi::cuda {

/// A block ranks the classes of 32 frames; each of its warps has every 32nd class, and offers the
/// best of them that is not taken yet. The best offer is taken, and its warp looks for its next
/// one: of K classes, K + most · K / 32 are read a frame.
struct BestClasses {
  static constexpr int kWarps = 32, kLanes = 32;
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct State {
    PerLane<bool> taken;  ///< the warp's offer
  };

  std::int64_t lanes, classes;
  int most;  ///< at most `classes`
  ClassParts parts;
  ClassShift* best;  ///< [most][lanes]

  Grid grid() const { return {unsigned(lanes / kLanes), 1, 1}; }
  SPI_KERNEL std::size_t shared_floats() const { return 2 * kWarps * kLanes; }
  SPI_KERNEL int steps(const Block&) const { return 2 * most; }
  SPI_KERNEL void step(int s, const Block& block, int warp, float* offers, State& state) const {
    each_lane([&](int lane) {
      const std::int64_t frame = std::int64_t(block.x) * kLanes + lane;
      if (s == 0 || (s % 2 == 0 && state.taken[lane])) offer(offers, frame, warp, lane, s == 0);
      if (s % 2 == 0) return;
      const int winner = best_offer(offers, lane);
      state.taken[lane] = warp == winner;
      if (warp != winner) return;
      const std::uint32_t k = bits_of(place(offers, warp, lane));
      best[s / 2 * lanes + frame] = {k, parts.shift[std::int64_t(k) * lanes + frame]};
    });
  }

 private:
  SPI_KERNEL static float& value(float* offers, int warp, int lane) {
    return offers[warp * kLanes + lane];
  }
  SPI_KERNEL static float& place(float* offers, int warp, int lane) {
    return offers[(kWarps + warp) * kLanes + lane];
  }

  /// The best of the warp's classes that come after its last offer, or kNone.
  SPI_KERNEL void offer(float* offers, std::int64_t frame, int warp, int lane, bool first) const {
    const float last = value(offers, warp, lane);
    const std::uint32_t last_k = bits_of(place(offers, warp, lane));
    float largest = 0;
    std::uint32_t found = kNone;
    for (std::int64_t k = warp; k < classes; k += kWarps) {
      const float v = parts.peak[k * lanes + frame];
      const bool is_left = first || v < last || (v == last && std::uint32_t(k) > last_k);
      if (is_left && (found == kNone || v > largest)) largest = v, found = std::uint32_t(k);
    }
    value(offers, warp, lane) = largest;
    place(offers, warp, lane) = float_of(found);
  }

  SPI_KERNEL static int best_offer(float* offers, int lane) {
    int best = 0;
    for (int w = 1; w < kWarps; ++w) {
      const std::uint32_t k = bits_of(place(offers, w, lane));
      const std::uint32_t best_k = bits_of(place(offers, best, lane));
      if (k == kNone) continue;
      const float v = value(offers, w, lane), best_v = value(offers, best, lane);
      if (best_k == kNone || v > best_v || (v == best_v && k < best_k)) best = w;
    }
    return best;
  }
};

}  // namespace spi::cuda
