// SPDX-License-Identifier: GPL-3.0-or-later
#include <cublas_v2.h>

#include <algorithm>
#include <vector>

#include "libspi/selftest/cuda_memory.h"
#include "libspi/selftest/machine.h"

namespace spi::selftest {
namespace {

constexpr int kRepeats = 8;

/// Least seconds of work on the device.
template <class Run>
double least_seconds(const Run& run) {
  double least = 1e9;
  for (int n = 0; n < kRepeats; ++n) {
    const double start = seconds(CLOCK_MONOTONIC);
    run();
    check_cuda(cudaDeviceSynchronize(), "measuring the device");
    least = std::min(least, seconds(CLOCK_MONOTONIC) - start);
  }
  return least;
}

}  // namespace

Ceilings cuda_ceilings(int device) {
  constexpr int kN = 8192;
  const ChosenDevice chosen(device);
  const std::vector<float> ones(std::size_t(kN) * kN, 1.f);
  const DeviceArray a(ones), b(ones), c(ones);
  cublasHandle_t handle = nullptr;
  if (cublasCreate(&handle) != CUBLAS_STATUS_SUCCESS) fail("cuBLAS does not start");
  const float one = 1, zero = 0;
  const double product = least_seconds([&] {
    cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, kN, kN, kN, &one, a.get(), kN, b.get(), kN, &zero,
                c.get(), kN);
  });
  cublasDestroy(handle);
  const std::size_t bytes = ones.size() * sizeof(float);
  const double copy =
      least_seconds([&] { cudaMemcpyAsync(b.get(), a.get(), bytes, cudaMemcpyDeviceToDevice); });
  return {.gemm = 2. * kN * kN * kN / product, .copy = 2 * double(bytes) / copy};
}

}  // namespace spi::selftest
