// SPDX-License-Identifier: GPL-3.0-or-later
// What PhasingEngine does on a CUDA device.
#pragma once

#include <memory>

#include "libspi/phasing/engine.h"

namespace spi {

/// The iterate and its projections on a device: PhasingEngine, without a background, is the
/// definition; single precision, sums in double and in a fixed order.
template <int Rank>
class DevicePhasing {
 public:
  virtual ~DevicePhasing() = default;

  /// x and the constraint as they are now.
  virtual void put(const std::vector<float>& x, const RealConstraint& constraint) = 0;
  virtual void get(std::vector<float>& x) = 0;
  virtual IterationError iterate(const Step& step) = 0;
  virtual void project_modulus() = 0;
  virtual void project_real() = 0;
  virtual double fourier_error() = 0;
};

/// On the calling thread's current device; that thread alone may use it. UserError where the device
/// has no room; DeviceError in builds without CUDA. `problem` is copied.
template <int Rank>
std::unique_ptr<DevicePhasing<Rank>> phasing_on_cuda(const Problem<Rank>& problem);

}  // namespace spi
