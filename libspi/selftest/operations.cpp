// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selftest/operation.h"
#include "libspi/selftest/slicing.h"

namespace spi::selftest {

std::vector<Operation> operations() {
  return {
      {"slice", make<Slice>},
      {"slice-adjoint", make<SliceAdjoint>},
  };
}

}  // namespace spi::selftest
