// SPDX-License-Identifier: GPL-3.0-or-later
// A stand-in for a CUDA device on the processor: the same calls as CudaQueue, done at once.
#pragma once

#include <algorithm>
#include <limits>

#include "libspi/base/error.h"
#include "libspi/cuda/block.h"

namespace spi::cuda {

/// Slow; for tests of all that runs on CudaQueue. Memory of the "device" begins as 0xff bytes (NaN
/// as float), so that what is read before it is written shows.
class HostQueue {
 public:
  template <class T>
  class Memory {
   public:
    Memory() = default;
    explicit Memory(std::size_t n) : values_(n) {
      std::fill_n(reinterpret_cast<unsigned char*>(values_.data()), n * sizeof(T), 0xff);
    }
    T* data() const { return const_cast<T*>(values_.data()); }
    std::size_t size() const { return values_.size(); }

   private:
    std::vector<T> values_;
  };
  template <class T>
  using Pinned = Memory<T>;
  struct Mark {};

  void enter() {}

  /// What free_bytes() says: tests choose it.
  static inline double pretended_bytes = 1e9;
  static double free_bytes() { return pretended_bytes; }

  template <class T>
  void upload(const T* from, std::size_t n, T* to) {
    std::copy_n(from, n, to);
  }
  template <class T>
  void download(const T* from, std::size_t n, T* to) {
    std::copy_n(from, n, to);
  }
  template <class T>
  void clear(T* at, std::size_t n) {
    std::fill_n(at, n, T{});
  }
  template <class Kernel>
  void launch(const Kernel& kernel, const Grid& grid) {
    SPI_ASSERT(grid.y < 65536 && grid.z < 65536);
    run_on_host(kernel, grid);
  }
  Mark mark() { return {}; }
  void wait_for(const Mark&) {}
  static void finish(const Mark&) {}
  void finish() {}
};

}  // namespace spi::cuda
