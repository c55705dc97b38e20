// SPDX-License-Identifier: GPL-3.0-or-later
// A stream of a CUDA device with its memory. For .cu files only.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <memory>
#include <span>

#include "libspi/base/device.h"
#include "libspi/base/error.h"
#include "libspi/cuda/block.h"

namespace spi::cuda {

inline void check(cudaError_t status, const char* doing) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // what is reported here shall not be reported again by the next call
  fail("CUDA: ", doing, ": ", cudaGetErrorString(status),
       status == cudaErrorMemoryAllocation
           ? "; free memory on the device, or do without it (--device cpu)"
           : "; --device cpu does without the device");
}

/// Of the n-th rank of this machine: its device from now on.
inline void take_device(std::size_t n) {
  int count = 0;
  check(cudaGetDeviceCount(&count), "counting devices");
  if (count == 0) throw DeviceError("--device cuda: the CUDA runtime reports no device");
  check(cudaSetDevice(int(device_of_rank(n, std::size_t(count)))), "choosing a device");
}

template <class Kernel>
__global__ void __launch_bounds__(Kernel::kWarps* kWarp) run_on_device(const Kernel kernel) {
  extern __shared__ float4 shared[];
  const Block block{blockIdx.x, blockIdx.y, blockIdx.z};
  typename Kernel::State state;
  const int steps = kernel.steps(block), warp = int(threadIdx.x) / kWarp;
  for (int s = 0; s < steps; ++s) {
    kernel.step(s, block, warp, reinterpret_cast<float*>(shared), state);
    __syncthreads();
  }
}

/// Work goes in order; two queues overlap. Every call reports failures as UserError with the
/// runtime's words; those of a kernel come with a later call, at the latest with finish().
class CudaQueue {
 public:
  /// Memory on the device, uninitialised.
  template <class T>
  class Memory {
   public:
    Memory() = default;
    explicit Memory(std::size_t n) : size_(n) {
      T* data = nullptr;
      check(cudaMalloc(&data, std::max<std::size_t>(n, 1) * sizeof(T)), "allocating memory");
      data_.reset(data);
    }
    /// A copy of what the host has, there when this returns.
    explicit Memory(std::span<const T> values) : Memory(values.size()) {
      check(cudaMemcpy(data(), values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice),
            "copying to the device");
    }
    T* data() const { return data_.get(); }
    std::size_t size() const { return size_; }
    /// Waits for all work of the device.
    void copy_to(std::span<T> out) const {
      check(cudaMemcpy(out.data(), data(), out.size() * sizeof(T), cudaMemcpyDeviceToHost),
            "copying from the device");
    }

   private:
    struct Free {
      void operator()(T* data) const { cudaFree(data); }
    };
    std::unique_ptr<T, Free> data_;
    std::size_t size_ = 0;
  };

  /// Memory of the host that the device copies from and to by itself.
  template <class T>
  class Pinned {
   public:
    Pinned() = default;
    explicit Pinned(std::size_t n) : size_(n) {
      T* data = nullptr;
      check(cudaMallocHost(&data, std::max<std::size_t>(n, 1) * sizeof(T)),
            "allocating page-locked memory");
      data_.reset(data);
    }
    T* data() const { return data_.get(); }
    std::size_t size() const { return size_; }

   private:
    struct Free {
      void operator()(T* data) const { cudaFreeHost(data); }
    };
    std::unique_ptr<T, Free> data_;
    std::size_t size_ = 0;
  };

  /// A moment in a queue's work.
  class Mark {
   public:
    Mark() = default;

   private:
    friend class CudaQueue;
    struct Destroy {
      void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
    };
    std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, Destroy> event_;
  };

  CudaQueue() : owned_(true) {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creating a stream");
  }
  /// On another one's stream, which outlives the queue.
  explicit CudaQueue(cudaStream_t given) : stream_(given) {}
  /// Waits for the work: memory that was declared before the queue outlives what uses it.
  ~CudaQueue() {
    cudaStreamSynchronize(stream_);
    if (owned_) cudaStreamDestroy(stream_);
  }
  CudaQueue(const CudaQueue&) = delete;
  CudaQueue& operator=(const CudaQueue&) = delete;

  cudaStream_t stream() const { return stream_; }
  /// What the device still has.
  static double free_bytes() {
    std::size_t free = 0, total = 0;
    check(cudaMemGetInfo(&free, &total), "asking for free memory");
    return double(free);
  }

  /// Overlaps with other work where the host's side is Pinned, which must then stay as it is.
  template <class T>
  void upload(const T* from, std::size_t n, T* to) {
    if (n == 0) return;
    check(cudaMemcpyAsync(to, from, n * sizeof(T), cudaMemcpyHostToDevice, stream_),
          "copying to the device");
  }
  template <class T>
  void download(const T* from, std::size_t n, T* to) {
    if (n == 0) return;
    check(cudaMemcpyAsync(to, from, n * sizeof(T), cudaMemcpyDeviceToHost, stream_),
          "copying from the device");
  }
  /// All bytes 0.
  template <class T>
  void clear(T* at, std::size_t n) {
    if (n == 0) return;
    check(cudaMemsetAsync(at, 0, n * sizeof(T), stream_), "clearing");
  }
  template <class Kernel>
  void launch(const Kernel& kernel, const Grid& grid) {
    SPI_ASSERT(grid.y < 65536 && grid.z < 65536);
    if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
    constexpr std::size_t kUnasked = 48 * 1024;  // more must be asked for
    const std::size_t shared = kernel.shared_floats() * sizeof(float);
    if (shared > kUnasked)
      check(cudaFuncSetAttribute(run_on_device<Kernel>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 int(shared)),
            "asking for shared memory");
    run_on_device<<<dim3(grid.x, grid.y, grid.z), Kernel::kWarps * kWarp, shared, stream_>>>(
        kernel);
    check(cudaGetLastError(), "starting a kernel");
  }

  /// Now, in this queue.
  Mark mark() {
    cudaEvent_t event = nullptr;
    check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "creating an event");
    Mark mark;
    mark.event_.reset(event);
    check(cudaEventRecord(event, stream_), "marking a stream");
    return mark;
  }
  /// What comes next in this queue waits for the mark of another one.
  void wait_for(const Mark& mark) {
    if (mark.event_) check(cudaStreamWaitEvent(stream_, mark.event_.get(), 0), "waiting");
  }
  /// The host waits.
  static void finish(const Mark& mark) {
    if (mark.event_) check(cudaEventSynchronize(mark.event_.get()), "working");
  }
  void finish() { check(cudaStreamSynchronize(stream_), "working"); }

 private:
  cudaStream_t stream_ = nullptr;
  bool owned_ = false;
};

}  // namespace spi::cuda
