// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/error.h"
#include "libspi/phasing/device_phasing.h"

namespace spi {

template <int Rank>
std::unique_ptr<DevicePhasing<Rank>> phasing_on_cuda(const Problem<Rank>&) {
  throw DeviceError("--device cuda: this program has no CUDA version in this build");
}

template std::unique_ptr<DevicePhasing<2>> phasing_on_cuda(const Problem<2>&);
template std::unique_ptr<DevicePhasing<3>> phasing_on_cuda(const Problem<3>&);

}  // namespace spi
