// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/error.h"
#include "libspi/commonline/cc_matrix_cuda.h"

namespace spi {

void correlate_on_cuda(const LineSet&, std::size_t, std::size_t, std::size_t, int,
                       const std::function<void(std::size_t, std::size_t, float, std::size_t)>&,
                       const std::function<void(std::size_t)>&) {
  throw DeviceError("--device cuda: this program has no CUDA version in this build");
}

}  // namespace spi
