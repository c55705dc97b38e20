// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/error.h"
#include "libspi/volume/device_slicing.h"

namespace spi {

std::unique_ptr<DeviceSlicer> slicer_on_cuda(const Slicer&, int) {
  throw DeviceError("--device cuda: this program has no CUDA version in this build");
}

}  // namespace spi
