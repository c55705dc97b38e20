// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/cuda/devices.h"

namespace spi::cuda {

CudaCount kernel_devices() { return SPI_WITH_CUDA ? &cuda_device_count : nullptr; }

}  // namespace spi::cuda
