// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels as blocks of warps that meet after every step.
//
// A kernel is a struct of plain numbers and device pointers with
//   static constexpr int kWarps;                       warps of a block
//   using State = ...;                                 what a warp keeps between steps
//   std::size_t shared_floats() const;                 shared memory of a block
//   int steps(const Block&) const;                     the same for all warps of the block
//   void step(int s, const Block&, int warp, float* shared, State&) const;
// On the device all warps of a block do a step at once and wait for each other after it; elsewhere
// they do it one after the other, which is the same where no warp reads what another one writes in
// the same step.
#pragma once

#include <vector>

#include "libspi/cuda/warp.h"

namespace spi::cuda {

/// Where a block lies in the grid.
struct Block {
  unsigned x = 0, y = 0, z = 0;
};

/// Blocks along each axis; y and z below 65536.
struct Grid {
  unsigned x = 1, y = 1, z = 1;
};

/// All blocks of a launch on the processor, one after the other. Shared memory begins as NaN, so
/// that what is read before it is written shows.
template <class Kernel>
void run_on_host(const Kernel& kernel, const Grid& grid) {
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        const Block block{x, y, z};
        std::vector<float> shared(kernel.shared_floats(), std::nanf(""));
        std::vector<typename Kernel::State> state(Kernel::kWarps);
        for (int s = 0; s < kernel.steps(block); ++s)
          for (int warp = 0; warp < Kernel::kWarps; ++warp)
            kernel.step(s, block, warp, shared.data(), state[std::size_t(warp)]);
      }
}

/// A State of a kernel that keeps nothing.
struct NoState {};

/// work(i) for i in [0, count): a thread each.
template <class Work>
struct ForEach {
  static constexpr int kWarps = 8;
  using State = NoState;
  std::size_t count;
  Work work;

  SPI_KERNEL std::size_t shared_floats() const { return 0; }
  SPI_KERNEL int steps(const Block&) const { return 1; }
  SPI_KERNEL void step(int, const Block& block, int warp, float*, State&) const {
    each_lane([&](int lane) {
      const std::size_t i = (std::size_t(block.x) * kWarps + std::size_t(warp)) * kWarp + lane;
      if (i < count) work(i);
    });
  }
  Grid grid() const {
    constexpr std::size_t kThreads = kWarps * kWarp;
    return {unsigned((count + kThreads - 1) / kThreads), 1, 1};
  }
};

template <class Queue, class Work>
void launch_each(Queue& queue, std::size_t count, const Work& work) {
  const ForEach<Work> each{count, work};
  queue.launch(each, each.grid());
}

/// parts[block] = Σ term(i) over the block's part of [0, count): in double precision and in an
/// order that depends on `count` alone.
template <class Term>
struct SumParts {
  static constexpr int kWarps = 8;
  static constexpr unsigned kParts = 1024;
  using State = NoState;
  std::size_t count;
  Term term;
  double* parts;  ///< [kParts]

  SPI_KERNEL std::size_t shared_floats() const { return 2 * kWarps; }
  SPI_KERNEL int steps(const Block&) const { return 2; }
  SPI_KERNEL void step(int s, const Block& block, int warp, float* shared, State&) const {
    double* const of_warp = reinterpret_cast<double*>(shared);
    if (s == 0) {
      PerLane<double> sum;
      each_lane([&](int lane) {
        sum[lane] = 0;
        constexpr std::size_t kThreads = kWarps * kWarp;
        std::size_t i = std::size_t(block.x) * kThreads + std::size_t(warp * kWarp + lane);
        for (; i < count; i += kThreads * kParts) sum[lane] += double(term(i));
      });
      join_lanes(sum, [](double a, double b) { return a + b; });
      each_lane([&](int lane) {
        if (lane == 0) of_warp[warp] = sum[lane];
      });
    } else if (warp == 0) {
      each_lane([&](int lane) {
        if (lane > 0) return;
        double sum = 0;
        for (int w = 0; w < kWarps; ++w) sum += of_warp[w];
        parts[block.x] = sum;
      });
    }
  }
};

}  // namespace spi::cuda
