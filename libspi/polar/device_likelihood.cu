// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/cuda/cuda_queue.h"
#include "libspi/polar/class_expectation.h"

namespace spi {

std::unique_ptr<DeviceLikelihood> likelihood_on_cuda(const LikelihoodEngine& engine,
                                                     const TileReturns& returns, std::size_t n) {
  cuda::take_device(n);
  return std::make_unique<cuda::ClassExpectation<cuda::CudaQueue>>(engine, returns);
}

}  // namespace spi
