// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/commonline/cc_matrix_cuda.h"
#include "libspi/commonline/line_panels.h"
#include "libspi/cuda/cuda_queue.h"

namespace spi {

void correlate_on_cuda(
    const LineSet& lines, std::size_t first, std::size_t last, std::size_t process, int threads,
    const std::function<void(std::size_t, std::size_t, float, std::size_t)>& keep,
    const std::function<void(std::size_t)>& done) {
  SPI_ASSERT(lines.weight.empty());
  cuda::take_device(process);
  cuda::LinePanels<cuda::CudaQueue>(lines, first, last, threads)
      .run([&](std::size_t i, std::size_t j,
               const cuda::Peak& peak) { keep(i, j, peak.value, peak.place); },
           done);
}

}  // namespace spi
