// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/slicing_cuda.h"
#include "libspi/selftest/cuda_memory.h"
#include "libspi/selftest/slicing.h"

namespace spi::selftest {
namespace {

/// A slicer and its data on a device.
struct OnDevice {
  OnDevice(int device, const Slicer& host, std::span<const float> v, std::span<const float> p)
      : chosen(device), slicer(host), volumes(v), values(p) {}
  ChosenDevice chosen;
  CudaSlicer slicer;
  DeviceArray volumes, values;
};

}  // namespace

std::optional<Version> Slice::on_cuda(int device) {
  const auto there = std::make_shared<OnDevice>(device, slicer_, volumes_, values_);
  there->slicer.tie(there->volumes.get(), pose_.size());
  return Version{
      [this, there] { there->slicer.slice(there->volumes.get(), pose_, there->values.get()); },
      [this, there] { return there->values.copy_to(values_), sample(); }};
}

std::optional<Version> SliceAdjoint::on_cuda(int device) {
  const auto there = std::make_shared<OnDevice>(device, slicer_, volumes_, values_);
  return Version{[this, there] {
                   there->slicer.adjoint(there->values.get(), pose_, there->volumes.get());
                   there->slicer.tie(there->volumes.get(), pose_.size());
                 },
                 [this, there] { return there->volumes.copy_to(volumes_), sample(); }};
}

}  // namespace spi::selftest
