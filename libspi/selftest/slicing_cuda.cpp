// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selftest/cuda_memory.h"
#include "libspi/selftest/slicing.h"
#include "libspi/volume/device_slicing.h"

namespace spi::selftest {
namespace {

/// A slicer and its data on a device.
struct OnDevice {
  OnDevice(int device, const Slicer& host, std::span<const Quaternion> pose,
           std::span<const float> v, std::span<const float> p)
      : chosen(device),
        slicer(slicer_on_cuda(host, device)),
        volumes(v),
        values(p),
        rotations(coset_rotations(host.box(), pose)),
        work(std::vector<float>(sizeof(std::uint64_t) / sizeof(float) *
                                slicer->work_size(pose.size()))),
        patterns(pose.size()) {}

  void slice() const {
    slicer->slice(volumes.get(), rotations.get(), patterns, values.get());
    finish();
  }
  void adjoint() const {
    slicer->adjoint(values.get(), rotations.get(), patterns,
                    reinterpret_cast<std::uint64_t*>(work.get()), volumes.get());
    finish();
  }
  static void finish() { check_cuda(cudaDeviceSynchronize(), "slicing"); }

  ChosenDevice chosen;
  std::unique_ptr<DeviceSlicer> slicer;
  DeviceArray volumes, values, rotations, work;
  std::size_t patterns;
};

}  // namespace

/// m-3m has nothing to tie.
std::optional<Version> Slicing::on_cuda(int device) {
  const auto there = std::make_shared<OnDevice>(device, slicer_, pose_, volumes_, values_);
  if (slices())
    return Version{[there] { there->slice(); },
                   [this, there] { return there->values.copy_to(values_), sample(); }};
  return Version{[there] { there->adjoint(); },
                 [this, there] { return there->volumes.copy_to(volumes_), sample(); }};
}

}  // namespace spi::selftest
