// SPDX-License-Identifier: GPL-3.0-or-later
// The operations of networks that spi-selftest tries.
#pragma once

#include "libspi/selftest/operation.h"

namespace spi::selftest {

std::vector<Operation> network_operations();

/// Devices that a version of some operation in this build can use, by its own kernels or by
/// LibTorch. A CudaCount (base/device.h).
int cuda_devices(std::string* why);

/// Loss and gradient of a step of the variational auto-encoder.
std::unique_ptr<Problem> vae_step_problem(Scale scale, std::uint64_t seed);
/// Loss and gradient of a step of an intensity field.
std::unique_ptr<Problem> field_step_problem(Scale scale, std::uint64_t seed);

}  // namespace spi::selftest
