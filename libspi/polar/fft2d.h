// SPDX-License-Identifier: GPL-3.0-or-later
// Two-dimensional real Fourier transforms of small images, zero-padded, single precision.
#pragma once

#include <fftw3.h>

#include <algorithm>
#include <complex>
#include <memory>
#include <mutex>
#include <vector>

namespace spi {

/// Transforms of size H × W. One object serves one thread at a time; objects may be made by any.
class RealFft2d {
 public:
  using Spectrum = std::vector<std::complex<float>>;  ///< [H][W/2+1]

  RealFft2d(std::size_t height, std::size_t width)
      : height_(height), width_(width), real_(height * width), spectrum_(height * (width / 2 + 1)) {
    const std::lock_guard lock(planner());
    const int h = int(height), w = int(width);
    auto* complex = reinterpret_cast<fftwf_complex*>(spectrum_.data());
    forward_.reset(fftwf_plan_dft_r2c_2d(h, w, real_.data(), complex, FFTW_ESTIMATE));
    backward_.reset(fftwf_plan_dft_c2r_2d(h, w, complex, real_.data(), FFTW_ESTIMATE));
  }

  std::size_t height() const { return height_; }
  std::size_t width() const { return width_; }

  /// Spectrum of `image` [rows][columns] put at the origin of the padded plane.
  const Spectrum& forward(const std::vector<float>& image, std::size_t rows, std::size_t columns) {
    std::fill(real_.begin(), real_.end(), 0.f);
    for (std::size_t y = 0; y < rows; ++y)
      std::copy_n(&image[y * columns], columns, &real_[y * width_]);
    fftwf_execute(forward_.get());
    return spectrum_;
  }
  /// Σ over frequencies, divided by H·W: the inverse of forward(). [H][W]
  const std::vector<float>& backward(const Spectrum& spectrum) {
    const float scale = 1.f / float(height_ * width_);
    for (std::size_t k = 0; k < spectrum.size(); ++k) spectrum_[k] = spectrum[k] * scale;
    fftwf_execute(backward_.get());
    return real_;
  }

 private:
  struct Destroy {
    void operator()(fftwf_plan_s* plan) const {
      const std::lock_guard lock(planner());
      fftwf_destroy_plan(plan);
    }
  };
  static std::mutex& planner() {  // FFTW's planner is not thread-safe
    static std::mutex mutex;
    return mutex;
  }
  std::size_t height_, width_;
  std::vector<float> real_;
  Spectrum spectrum_;
  std::unique_ptr<fftwf_plan_s, Destroy> forward_, backward_;
};

}  // namespace spi
