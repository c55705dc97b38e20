// SPDX-License-Identifier: GPL-3.0-or-later
// Slices of a reference on the polar grid of the patterns, and what of a pattern is compared.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "libspi/geometry/rotation.h"
#include "libspi/orientation/reference.h"
#include "libspi/polar/polar_grid.h"

namespace spi {

/// What a pixel sees.
struct PatternGeometry {
  double q_per_pixel = 0;                   ///< 1/Å at the centre: 1/(wavelength · distance)
  std::optional<double> wavelength_A = {};  ///< nullopt: the Ewald sphere is taken as a plane

  /// Lab vector (q_perpendicular, q_z) in 1/Å at a distance from the beam on the flat detector:
  /// with D = 1/(wavelength · q_per_pixel) and f = √(r² + D²), (r/f, D/f - 1)/wavelength.
  std::array<double, 2> q_at(double radius_px) const;
};

/// How a particle lies in the beam.
struct Pose {
  Quaternion model_from_lab;
  double size = 1;  ///< of the particle over the reference's: it has the reference's I(size·q)
};

/// The scattering vectors of a polar grid in the lab frame.
class PolarSlicer {
 public:
  PolarSlicer(const PolarGrid& grid, const PatternGeometry& geometry);
  std::size_t rings() const { return rings_; }
  std::size_t angles() const { return angles_; }
  double q_max() const { return q_max_; }

  /// out[R][T] = √I(size·R q), R = model_from_lab.
  void roots(const Reference& reference, const Pose& pose, std::span<float> out) const;

 private:
  std::size_t rings_, angles_;
  std::vector<float> qx_, qy_, qz_;  ///< [R·T]
  double q_max_ = 0;
};

}  // namespace spi
