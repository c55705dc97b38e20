// SPDX-License-Identifier: GPL-3.0-or-later
// Slices of a reference at the points of a polar grid, as patterns are compared with them.
#pragma once

#include <array>
#include <cstdint>
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
  double size = 1;  ///< of the particle over the reference's: its intensities are I(size·q)
};

/// Points of a polar grid in the lab frame, ring after ring.
class SlicePoints {
 public:
  /// Every `stride[i]`-th angle of ring i of the grid, beginning with the first; T must be a
  /// multiple of each. A point weighs ring_weight[i]·stride[i], its slice values are multiplied by
  /// ring_factor[i].
  SlicePoints(const PolarGrid& grid, const PatternGeometry& geometry,
              std::span<const std::size_t> stride, std::span<const float> ring_weight,
              std::span<const float> ring_factor);

  std::size_t size() const { return qx_.size(); }
  /// [points] place in an array [R][T]
  const std::vector<std::uint32_t>& index() const { return index_; }
  const std::vector<float>& weight() const { return weight_; }  ///< [points]

  /// out[points] = factor·√I(size·R q), R = model_from_lab.
  void slice(const Reference& reference, const Pose& pose, std::span<float> out) const;

 private:
  std::vector<float> qx_, qy_, qz_, factor_, weight_;
  std::vector<std::uint32_t> index_;
};

}  // namespace spi
