// SPDX-License-Identifier: GPL-3.0-or-later
// Where work runs: --device auto|cpu|cuda, and what this machine has.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "libspi/base/options.h"

namespace spi {

enum class Device { automatic, cpu, cuda };

template <>
struct EnumNames<Device> {
  static constexpr std::array<std::string_view, 3> values{"auto", "cpu", "cuda"};
};

/// The CUDA devices that a back end can use; 0 with the reason in `why` where there are none.
using CudaCount = int (*)(std::string* why);

/// Devices that the CUDA driver reports.
int cuda_device_count(std::string* why = nullptr);

/// The device that will really run: never `automatic`, never a silent fallback. `cuda` counts for
/// the back end of the work at hand, null where it has none in this build; `why` receives the
/// reason where `automatic` found no device. DeviceError for `cuda` where it cannot run.
Device choose_device(Device asked, CudaCount cuda, std::string* why = nullptr);

/// Which of a machine's visible devices, at least one, its n-th rank takes: each its own where
/// there are enough, else they share.
constexpr std::size_t device_of_rank(std::size_t n, std::size_t devices) { return n % devices; }

}  // namespace spi
