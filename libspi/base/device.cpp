// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/device.h"

#include <dlfcn.h>

#include <memory>

namespace spi {

int cuda_device_count(std::string* why) {
  std::string reason;
  int count = 0;
  const std::unique_ptr<void, int (*)(void*)> driver(dlopen("libcuda.so.1", RTLD_NOW), &dlclose);
  if (!driver) {
    reason = "no CUDA driver (libcuda.so.1) on this machine";
  } else {
    const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver.get(), "cuInit"));
    const auto get = reinterpret_cast<int (*)(int*)>(dlsym(driver.get(), "cuDeviceGetCount"));
    if (!init || !get || init(0) != 0 || get(&count) != 0) {
      count = 0;
      reason = "the CUDA driver does not start";
    } else if (count == 0) {
      reason = "the CUDA driver reports no device";
    }
  }
  if (why) *why = reason;
  return count;
}

Device choose_device(Device asked, CudaCount cuda, std::string* why) {
  if (asked == Device::cpu || !cuda) {
    if (asked == Device::cuda)
      throw DeviceError("--device cuda: this program has no CUDA version in this build");
    return Device::cpu;
  }
  std::string reason;
  if (cuda(&reason) > 0) return Device::cuda;
  if (asked == Device::cuda) throw DeviceError("--device cuda: " + reason);
  if (why) *why = reason;
  return Device::cpu;
}

}  // namespace spi
