// SPDX-License-Identifier: GPL-3.0-or-later
// Polar grids about the beam and the resampling of patterns onto them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace spi {

/// Rings × angles. Angle t is 2π·t/T, counted from +x towards +y (increasing row index).
struct PolarGrid {
  std::vector<double> radii_px;  ///< [R] ascending, in pixels from the centre
  std::size_t angles = 0;        ///< T over the full turn

  std::size_t rings() const { return radii_px.size(); }
  std::size_t size() const { return rings() * angles; }
};

/// Rings at r_min, r_min + 1, ... up to r_max pixels. UserError where there is none.
PolarGrid unit_spaced_grid(double r_min, double r_max, std::size_t angles);

/// Bilinear resampling of rows × columns images about a centre, weights obeyed: the value at a
/// polar point is Σ b·w·I / Σ b·w over its four pixels, b the bilinear weights, and its weight is
/// Σ b·w. A point of which less than half is measured (Σ b·[w > 0] < 1/2) has weight 0, value 0.
class PolarSampler {
 public:
  /// `centre` is {x, y} in pixels (pixel centres at integers).
  PolarSampler(const PolarGrid& grid, std::size_t rows, std::size_t columns,
               std::array<double, 2> centre);

  /// image, weight: [rows][columns]; value, value_weight: [R][T], overwritten.
  void sample(const float* image, const float* weight, float* value, float* value_weight) const;

 private:
  struct Point {
    std::uint32_t corner;  ///< index of the upper left pixel
    float right, down;     ///< fractions towards the next column and row
    bool inside;
  };
  std::vector<Point> points_;  ///< [R·T]
  std::size_t columns_;
};

/// Largest radius at which every direction lies inside the image.
double inscribed_radius(std::size_t rows, std::size_t columns, std::array<double, 2> centre);

}  // namespace spi
