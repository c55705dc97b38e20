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

Device choose_device(Device asked, bool has_cuda_version) {
  if (asked == Device::cpu || !has_cuda_version) {
    if (asked == Device::cuda)
      throw DeviceError("--device cuda: this program has no CUDA version in this build");
    return Device::cpu;
  }
  std::string why;
  const int count = cuda_device_count(&why);
  if (count == 0 && asked == Device::cuda) throw DeviceError("--device cuda: " + why);
  return count > 0 ? Device::cuda : Device::cpu;
}

}  // namespace spi
