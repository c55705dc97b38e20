// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/error.h"
#include "libspi/polar/device_likelihood.h"

namespace spi {

std::unique_ptr<DeviceLikelihood> likelihood_on_cuda(const LikelihoodEngine&, const TileReturns&,
                                                     std::size_t) {
  throw DeviceError("--device cuda: this program has no CUDA version in this build");
}

}  // namespace spi
