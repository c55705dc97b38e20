// SPDX-License-Identifier: GPL-3.0-or-later
// Arrays on a CUDA device, for what spi-selftest runs there. Only in builds with SPI_WITH_CUDA.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <span>

#include "libspi/base/error.h"

namespace spi::selftest {

inline void check_cuda(cudaError_t status, const char* doing) {
  if (status != cudaSuccess) fail("CUDA: ", doing, ": ", cudaGetErrorString(status));
}

/// Makes a device the current one of this thread.
struct ChosenDevice {
  explicit ChosenDevice(int device) { check_cuda(cudaSetDevice(device), "choosing a device"); }
};

class DeviceArray {
 public:
  explicit DeviceArray(std::span<const float> values) : size_(values.size_bytes()) {
    check_cuda(cudaMalloc(reinterpret_cast<void**>(&data_), std::max<std::size_t>(size_, 1)),
               "allocating memory");
    check_cuda(cudaMemcpy(data_, values.data(), size_, cudaMemcpyHostToDevice), "copying");
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  float* get() const { return data_; }
  void copy_to(std::span<float> out) const {
    check_cuda(cudaMemcpy(out.data(), data_, out.size_bytes(), cudaMemcpyDeviceToHost), "copying");
  }

 private:
  float* data_ = nullptr;
  std::size_t size_;
};

}  // namespace spi::selftest
