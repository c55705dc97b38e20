// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/cuda/cuda_queue.h"
#include "libspi/volume/slicing_on_queue.h"

namespace spi {
namespace {

/// The legacy default stream of a device. It belongs to the device's primary context, so that it is
/// the same one for all CUDA runtimes of a process: ours and LibTorch's.
class DefaultQueue : public cuda::CudaQueue {
 public:
  DefaultQueue() : CudaQueue(cudaStreamLegacy) {
    cuda::check(cudaGetDevice(&device_), "asking for the device");
  }
  /// The thread keeps the device: putting back another one would start that one up.
  void enter() const { cuda::check(cudaSetDevice(device_), "choosing a device"); }

 private:
  int device_ = 0;
};

}  // namespace

std::unique_ptr<DeviceSlicer> slicer_on_cuda(const Slicer& slicer, int device) {
  cuda::check(cudaSetDevice(device), "choosing a device");
  return std::make_unique<cuda::SlicingOnQueue<DefaultQueue>>(slicer);
}

}  // namespace spi
