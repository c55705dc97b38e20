// SPDX-License-Identifier: GPL-3.0-or-later
// The noise-free pattern that a particle in a given orientation leaves on a detector.
#pragma once

#include <span>
#include <vector>

#include "libspi/geometry/rotation.h"
#include "libspi/io/detector.h"
#include "libspi/simulate/particle.h"

namespace spi {

/// A detector ready to see particles. Copies what it needs; pattern() may be called from any
/// thread.
class Diffraction {
 public:
  /// UserError where the detector does not know its wavelength.
  explicit Diffraction(const Detector& detector);

  std::size_t pixels() const { return qx_.size(); }
  /// Largest |q| of a pixel, 1/Å.
  double q_max() const { return q_max_; }

  /// out[P] = |F(R q)|^2 * correction (F in the particle's units), 0 on bad pixels: exactly the
  /// slice of the particle's transform on the detector's Ewald sphere, R = model_from_lab. Returns
  /// the sum over the pixels that are not bad.
  double pattern(const Particle& particle, const Quaternion& model_from_lab,
                 std::span<float> out) const;

 private:
  std::vector<float> qx_, qy_, qz_;  ///< [P] lab frame, 1/Å
  std::vector<float> correction_;    ///< [P], 0 on bad pixels
  double q_max_ = 0;
};

}  // namespace spi
