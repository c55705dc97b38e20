// SPDX-License-Identifier: GPL-3.0-or-later
// Where work runs: --device auto|cpu|cuda, and what this machine has.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "libspi/base/options.h"

namespace spi {

enum class Device { automatic, cpu, cuda };

template <>
struct EnumNames<Device> {
  static constexpr std::array<std::string_view, 3> values{"auto", "cpu", "cuda"};
};

/// CUDA devices that the driver reports; 0 with the reason in `why` where there are none.
int cuda_device_count(std::string* why = nullptr);

/// The device that will really run: never `automatic`, never a silent fallback. `has_cuda_version`
/// says whether the work at hand has a CUDA back end in this build. DeviceError for `cuda` where
/// it cannot run.
Device choose_device(Device asked, bool has_cuda_version);

}  // namespace spi
