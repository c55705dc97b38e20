// SPDX-License-Identifier: GPL-3.0-or-later
// From polar averages to images.
#pragma once

#include <cstddef>
#include <vector>

#include "libspi/averaging/class_result.h"

namespace spi {

/// Draws polar averages on S × S pixels, S odd, the beam at pixel (S/2, S/2), as large as the
/// outermost ring. Between angles by Fourier interpolation onto four times as many, then linear;
/// between rings linear; the radial mean Ī(r) comes at each pixel's own radius. Intensity is in
/// photons per pixel of correction 1 and frame of fluence 1, weight in effective frames; pixels
/// outside the rings, or seen by less than a thousandth of the average's frames, have weight 0.
class CartesianDrawer {
 public:
  CartesianDrawer(const PolarBinning& binning, const RadialMean& mean);
  std::size_t size() const { return size_; }
  /// Average k: intensity[S][S], weight[S][S], overwritten.
  void draw(const ClassResult& result, std::size_t k, float* intensity, float* weight) const;

 private:
  struct Point {
    std::uint32_t pixel, ring, angle;
    float ring_fraction, angle_fraction, mean;
  };
  std::size_t size_, angles_, rings_;
  std::vector<Point> points_;  ///< the pixels within the rings
};

/// Average k of the result on the full turn: intensity and weight [R][T_full], T_full twice T where
/// the binning is folded; the intensity times the radial mean at the rings.
void unfold(const ClassResult& result, std::size_t k, const PolarBinning& binning,
            const RadialMean& mean, float* intensity, float* weight);

}  // namespace spi
