// SPDX-License-Identifier: GPL-3.0-or-later
// The device that a rank trains on.
#pragma once

#include <optional>

#include "libspi/base/device.h"
#include "libspi/cli/session.h"

/// Of the devices that `count` counts, where the session is for CUDA: the device of this rank.
inline std::optional<std::size_t> cuda_device_of(spi::cli::Session& session, spi::CudaCount count) {
  if (session.device() != spi::Device::cuda) return std::nullopt;
  return spi::device_of_rank(session.team().rank_on_machine(), std::size_t(count(nullptr)));
}
