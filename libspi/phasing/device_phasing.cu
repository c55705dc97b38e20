// SPDX-License-Identifier: GPL-3.0-or-later
#include <cufft.h>

#include "libspi/cuda/cuda_queue.h"
#include "libspi/phasing/phasing_on_queue.h"

namespace spi {
namespace {

void check(cufftResult status, const char* doing) {
  if (status == CUFFT_SUCCESS) return;
  fail("cuFFT: ", doing, ": error ", int(status),
       status == CUFFT_ALLOC_FAILED ? " (no memory on the device; free some, or do without it:"
                                      " --device cpu)"
                                    : "; --device cpu does without the device");
}

/// Transforms over all axes with the half spectrum of the last one, as PlaneFft has it.
template <int Rank>
class CudaFft {
 public:
  CudaFft(const cuda::CudaQueue& queue, const Grid<Rank>& grid)
      : forward_(queue, grid, CUFFT_R2C), backward_(queue, grid, CUFFT_C2R) {}

  void forward(float* x, float* spectrum) {
    check(cufftExecR2C(forward_.handle, x, reinterpret_cast<cufftComplex*>(spectrum)),
          "transforming");
  }
  void backward(float* spectrum, float* p) {
    check(cufftExecC2R(backward_.handle, reinterpret_cast<cufftComplex*>(spectrum), p),
          "transforming back");
  }

 private:
  struct Plan {
    Plan(const cuda::CudaQueue& queue, const Grid<Rank>& grid, cufftType type)
        : stream(queue.stream()) {
      int size[] = {int(grid.n), int(grid.n), int(grid.n)};
      check(cufftPlanMany(&handle, Rank, size, nullptr, 1, 0, nullptr, 1, 0, type, 1), "planning");
      const cufftResult status = cufftSetStream(handle, stream);
      if (status == CUFFT_SUCCESS) return;
      cufftDestroy(handle);
      check(status, "choosing a stream");
    }
    ~Plan() {
      cudaStreamSynchronize(stream);  // the plan's own memory may be in use
      cufftDestroy(handle);
    }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
    cudaStream_t stream;
    cufftHandle handle = 0;
  };
  Plan forward_, backward_;
};

}  // namespace

template <int Rank>
std::unique_ptr<DevicePhasing<Rank>> phasing_on_cuda(const Problem<Rank>& problem) {
  return std::make_unique<cuda::PhasingOnQueue<cuda::CudaQueue, CudaFft<Rank>, Rank>>(problem);
}

template std::unique_ptr<DevicePhasing<2>> phasing_on_cuda(const Problem<2>&);
template std::unique_ptr<DevicePhasing<3>> phasing_on_cuda(const Problem<3>&);

}  // namespace spi
