// SPDX-License-Identifier: GPL-3.0-or-later
// Slicer (slicing.h) on a CUDA device.
#pragma once

#include <cstdint>
#include <memory>

#include "libspi/volume/slicing.h"

namespace spi {

/// The same sums as Slicer, which is their definition: slices agree to rounding. Adjoint sums are
/// made in 64-bit fixed point, which adds exactly: they depend neither on the order in which
/// threads finish nor on the other patterns.
///
/// Pointers are to float32 arrays of that device: volumes [B][voxels], values [B][P], rotations
/// [B][cosets][9] as coset_rotations() makes them, for B `patterns`. Calls start work on the
/// device's (legacy) default stream and return: what is asked of that stream later, as by LibTorch
/// unless it was given another one, comes after it, and memory must stay until then. Any thread may
/// call; the device becomes its current one. UserError with the driver's words where the device
/// refuses.
class DeviceSlicer {
 public:
  virtual ~DeviceSlicer() = default;

  /// Slicer::slice of volumes that are tied already; overwrites `values`.
  virtual void slice(const float* volumes, const float* rotations, std::size_t patterns,
                     float* values) const = 0;
  /// Slicer::adjoint; overwrites `volumes`, and `work` [work_size(patterns)]. NaN for all voxels of
  /// a pattern one of whose values is not finite.
  virtual void adjoint(const float* values, const float* rotations, std::size_t patterns,
                       std::uint64_t* work, float* volumes) const = 0;
  virtual std::size_t work_size(std::size_t patterns) const = 0;
  /// FreeBox::tie of each volume.
  virtual void tie(float* volumes, std::size_t patterns) const = 0;
  /// What the device still has.
  virtual double free_bytes() const = 0;

  /// As Slicer has them, with memory of the host: for tests and small work.
  virtual void slice_host(std::span<const float> volumes,
                          std::span<const Quaternion> model_from_lab,
                          std::span<float> values) const = 0;
  virtual void adjoint_host(std::span<const float> values,
                            std::span<const Quaternion> model_from_lab,
                            std::span<float> volumes) const = 0;
};

/// On a device as CUDA counts them. DeviceError in builds without CUDA.
std::unique_ptr<DeviceSlicer> slicer_on_cuda(const Slicer& slicer, int device);

}  // namespace spi
