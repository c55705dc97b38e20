// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/orientation/slices.h"

#include <array>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {

std::array<double, 2> PatternGeometry::q_at(double radius_px) const {
  if (!wavelength_A) return {radius_px * q_per_pixel, 0};
  const double distance = 1 / (*wavelength_A * q_per_pixel);
  const double f = std::hypot(radius_px, distance);
  // D/f - 1 without cancellation
  return {radius_px / f / *wavelength_A,
          -radius_px * radius_px / (f * (f + distance)) / *wavelength_A};
}

PolarSlicer::PolarSlicer(const PolarGrid& grid, const PatternGeometry& geometry)
    : rings_(grid.rings()), angles_(grid.angles) {
  for (const double radius : grid.radii_px) {
    const auto [across, along] = geometry.q_at(radius);
    q_max_ = std::max(q_max_, std::hypot(across, along));
    for (std::size_t t = 0; t < angles_; ++t) {
      const double angle = 2 * std::numbers::pi * double(t) / double(angles_);
      qx_.push_back(float(across * std::cos(angle)));
      qy_.push_back(float(across * std::sin(angle)));
      qz_.push_back(float(along));
    }
  }
  q_max_ *= 1 + 1e-6;  // the last digit of a float rotated
}

void PolarSlicer::roots(const Reference& reference, const Pose& pose,
                        std::span<float> out) const {
  SPI_ASSERT(out.size() == qx_.size());
  constexpr std::size_t kBlock = 1024;
  std::array<float, kBlock> x, y, z;
  std::array<float, 9> r;
  const Matrix3 rotation = to_matrix(pose.model_from_lab);
  for (std::size_t k = 0; k < 9; ++k) r[k] = float(pose.size * rotation[k]);
  for (std::size_t first = 0; first < out.size(); first += kBlock) {
    const std::size_t n = std::min(kBlock, out.size() - first);
    const float *qx = &qx_[first], *qy = &qy_[first], *qz = &qz_[first];
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = r[0] * qx[i] + r[1] * qy[i] + r[2] * qz[i];
      y[i] = r[3] * qx[i] + r[4] * qy[i] + r[5] * qz[i];
      z[i] = r[6] * qx[i] + r[7] * qy[i] + r[8] * qz[i];
    }
    float* const root = &out[first];
    reference.intensity({x.data(), n}, {y.data(), n}, {z.data(), n}, {root, n});
    for (std::size_t i = 0; i < n; ++i) root[i] = std::sqrt(root[i]);
  }
}

}  // namespace spi
