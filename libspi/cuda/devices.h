// SPDX-License-Identifier: GPL-3.0-or-later
// Which CUDA devices this build's kernels can use.
#pragma once

#include "libspi/base/device.h"

namespace spi::cuda {

/// For Usage::cuda: counts devices where the build has kernels; null where it has none.
CudaCount kernel_devices();

}  // namespace spi::cuda
