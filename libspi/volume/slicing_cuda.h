// SPDX-License-Identifier: GPL-3.0-or-later
// Slicer (slicing.h) on a CUDA device. Only in builds with SPI_WITH_CUDA (target spi_cuda).
#pragma once

#include <memory>

#include "libspi/volume/slicing.h"

namespace spi {

/// The same sums as Slicer, which is their definition: slices agree to rounding. Adjoint sums are
/// made in 64-bit fixed point, which adds exactly: the result does not depend on the order in which
/// threads finish. UserError with the driver's words where the device refuses.
class CudaSlicer {
 public:
  /// Copies the points to the current device.
  explicit CudaSlicer(const Slicer& slicer);
  ~CudaSlicer();
  CudaSlicer(const CudaSlicer&) = delete;
  CudaSlicer& operator=(const CudaSlicer&) = delete;

  /// As Slicer::slice and Slicer::adjoint, on *device* pointers to float, [B][voxels] and [B][P],
  /// B = model_from_lab.size(). Volumes must be tied (FreeBox::tie) where the box has a turned
  /// axis, and the adjoint's are not tied yet: call tie() on both. Finished when they return.
  void slice(const float* volumes, std::span<const Quaternion> model_from_lab, float* out) const;
  void adjoint(const float* values, std::span<const Quaternion> model_from_lab,
               float* volumes) const;
  /// FreeBox::tie of B volumes on the device.
  void tie(float* volumes, std::size_t count) const;

  /// The whole way with host memory, tied like Slicer's: for tests and small work.
  void slice_host(std::span<const float> volumes, std::span<const Quaternion> model_from_lab,
                  std::span<float> out) const;
  void adjoint_host(std::span<const float> values, std::span<const Quaternion> model_from_lab,
                    std::span<float> volumes) const;

 private:
  struct Device;
  std::unique_ptr<Device> device_;
};

}  // namespace spi
