// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/learn/runtime.h"

#include <cblas.h>

#include "libspi/learn/torch.h"

namespace spi::learn {

int cuda_devices(std::string* why) {
  const int count = at::hasCUDA() ? static_cast<int>(torch::cuda::device_count()) : 0;
  if (count == 0 && why)
    *why = at::hasCUDA() ? "LibTorch finds no CUDA device" : "this LibTorch is built without CUDA";
  return count;
}

void make_cuda_exact() {
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setDeterministicCuDNN(true);
}

void set_threads(int threads) {
  at::set_num_threads(threads);
  openblas_set_num_threads(threads);
}

}  // namespace spi::learn
