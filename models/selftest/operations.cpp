// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/selftest/operations.h"

#include "libspi/learn/runtime.h"

namespace spi::selftest {

std::vector<Operation> network_operations() {
  return {
      {"vae-step", vae_step_problem},
      {"field-step", field_step_problem},
  };
}

#ifdef SPI_WITH_CUDA
int cuda_devices(std::string* why) { return cuda_device_count(why); }
#else
int cuda_devices(std::string* why) { return learn::cuda_devices(why); }
#endif

}  // namespace spi::selftest
