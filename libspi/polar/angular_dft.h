// SPDX-License-Identifier: GPL-3.0-or-later
// Real Fourier transforms over the angle of many signals at once, as matrix products.
#pragma once

#include <cstddef>
#include <vector>

namespace spi {

/// x̂(m) = Σ_s x(s) e^{-2πi ms/T} for m in [0, M], and back: x(s) = 1/T Σ_m w_m Re(x̂(m) e^{2πi
/// ms/T}) with w_m = 2 except w_0 = w_{T/2} = 1. The signals lie side by side ("lanes",
/// contiguous): their even and odd parts are transformed by cosine and sine matrices, 2·T·M
/// operations a signal at the rate of a matrix product; at T of some hundreds this outruns strided
/// FFTs, and a band limit M makes it cheaper. Single precision, on one thread.
class AngularDft {
 public:
  /// T even, at least 4; M at most T/2.
  AngularDft(std::size_t angles, std::size_t harmonics);

  std::size_t angles() const { return t_; }
  std::size_t harmonics() const { return m_; }  ///< M: there are M + 1 of them

  /// x[T][lanes]; re and im receive rows m <= last of `lanes` values, row m at
  /// m·stride.
  void forward(const float* x, std::size_t lanes, float* re, float* im, std::size_t stride,
               std::size_t last) const;
  /// x[T][lanes] from rows m <= M of re and im, row m at m·stride.
  void inverse(const float* re, const float* im, std::size_t stride, std::size_t lanes,
               float* x) const;

 private:
  std::size_t t_, m_;
  std::vector<float> cos_, sin_;                  ///< [M+1][T/2+1], [M+1][T/2-1]: forward
  std::vector<float> inverse_cos_, inverse_sin_;  ///< [T/2+1][M+1], [T/2-1][M+1], weights inside
};

}  // namespace spi
