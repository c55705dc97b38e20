// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/diffraction.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "libspi/base/error.h"

namespace spi {

Diffraction::Diffraction(const Detector& detector) {
  if (!detector.wavelength_A)
    fail("the detector's file does not say the wavelength: give the photon energy");
  const double wavelength = *detector.wavelength_A;
  double largest = 0;
  for (std::size_t i = 0; i < detector.pixels(); ++i) {
    const double x = detector.sx[i], y = detector.sy[i], z = detector.sz[i];
    const bool bad = detector.use[i] == PixelUse::bad;
    qx_.push_back(static_cast<float>(x / wavelength));
    qy_.push_back(static_cast<float>(y / wavelength));
    qz_.push_back(static_cast<float>(z / wavelength));
    correction_.push_back(bad ? 0 : static_cast<float>(detector.correction[i]));
    largest = std::max(largest, x * x + y * y + z * z);
  }
  q_max_ = std::sqrt(largest) / wavelength * (1 + 1e-6);  // the last digit of a float rotated
}

double Diffraction::pattern(const Particle& particle, const Quaternion& model_from_lab,
                            std::span<float> out) const {
  SPI_ASSERT(out.size() == pixels());
  constexpr std::size_t kBlock = 1024;  // scratch that stays in the first cache
  std::array<float, kBlock> qx, qy, qz;
  std::array<std::complex<float>, kBlock> f;
  const Matrix3 rotation = to_matrix(model_from_lab);
  std::array<float, 9> r;
  std::ranges::transform(rotation, r.begin(), [](double v) { return static_cast<float>(v); });
  double sum = 0;
  for (std::size_t first = 0; first < pixels(); first += kBlock) {
    const std::size_t n = std::min(kBlock, pixels() - first);
    const float *x = &qx_[first], *y = &qy_[first], *z = &qz_[first];
    for (std::size_t i = 0; i < n; ++i) {
      qx[i] = r[0] * x[i] + r[1] * y[i] + r[2] * z[i];
      qy[i] = r[3] * x[i] + r[4] * y[i] + r[5] * z[i];
      qz[i] = r[6] * x[i] + r[7] * y[i] + r[8] * z[i];
    }
    particle.amplitude({qx.data(), n}, {qy.data(), n}, {qz.data(), n}, {f.data(), n});
    for (std::size_t i = 0; i < n; ++i) {
      out[first + i] = std::norm(f[i]) * correction_[first + i];
      sum += out[first + i];
    }
  }
  return sum;
}

}  // namespace spi
