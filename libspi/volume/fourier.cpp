// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/fourier.h"

#include <fftw3.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

/// Cyclic shift of a cube by `by` voxels along every axis.
template <class T>
std::vector<T> rolled(std::span<const T> values, std::size_t n, std::size_t by) {
  std::vector<T> out(values.size());
  for (std::size_t z = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y) {
      const T* from = &values[(z * n + y) * n];
      T* to = &out[((z + by) % n * n + (y + by) % n) * n];
      std::copy_n(from, n - by, to + by);
      std::copy_n(from + (n - by), by, to);
    }
  return out;
}

void transform(Spectrum3& values, std::size_t n, int sign) {
  auto* data = reinterpret_cast<fftwf_complex*>(values.data());
  const int size = int(n);
  fftwf_plan plan = fftwf_plan_dft_3d(size, size, size, data, data, sign, FFTW_ESTIMATE);
  fftwf_execute(plan);
  fftwf_destroy_plan(plan);
}

/// Matrix [to][from] of band-limited interpolation along one axis; 0 outside of the input.
std::vector<float> interpolation_matrix(std::size_t from, std::size_t to, double step) {
  const double limit = std::min(1.0, 1 / step) * double(from - 1) / 2;
  const int harmonics = int(limit + 1e-9);
  std::vector<float> matrix(to * from);
  for (std::size_t i = 0; i < to; ++i) {
    const double at = (double(i) - double(to / 2)) * step + double(from / 2);
    if (at < -0.5 || at > double(from) - 0.5) continue;
    for (std::size_t j = 0; j < from; ++j) {
      const double phase = std::numbers::pi * (at - double(j)) / double(from);
      const double s = std::sin(phase), odd = 2 * harmonics + 1;
      matrix[i * from + j] =
          float((std::abs(s) < 1e-9 ? odd : std::sin(odd * phase) / s) / double(from));
    }
  }
  return matrix;
}

/// Applies the matrix along the last of three axes and turns the axes: [a][b][from] -> [to][a][b].
std::vector<float> apply_and_turn(const std::vector<float>& values, std::size_t rows,
                                  const std::vector<float>& matrix, std::size_t from,
                                  std::size_t to, int threads) {
  std::vector<float> out(rows * to);
  parallel_for(to, threads, [&](std::size_t i, int) {
    const float* weights = &matrix[i * from];
    for (std::size_t r = 0; r < rows; ++r) {
      const float* row = &values[r * from];
      double sum = 0;
      for (std::size_t j = 0; j < from; ++j) sum += weights[j] * row[j];
      out[i * rows + r] = float(sum);
    }
  });
  return out;
}

}  // namespace

Spectrum3 centred_transform(std::span<const float> values, std::size_t n) {
  SPI_ASSERT(values.size() == n * n * n);
  Spectrum3 spectrum(values.begin(), values.end());
  spectrum = rolled(std::span<const std::complex<float>>(spectrum), n, n - n / 2);
  transform(spectrum, n, FFTW_FORWARD);
  return rolled(std::span<const std::complex<float>>(spectrum), n, n / 2);
}

std::vector<float> centred_inverse(std::span<const std::complex<float>> spectrum, std::size_t n) {
  SPI_ASSERT(spectrum.size() == n * n * n);
  Spectrum3 values = rolled(spectrum, n, n - n / 2);
  transform(values, n, FFTW_BACKWARD);
  std::vector<float> real(values.size());
  const float scale = 1 / float(values.size());
  std::ranges::transform(values, real.begin(), [&](const auto& v) { return scale * v.real(); });
  return rolled(std::span<const float>(real), n, n / 2);
}

template <class T>
std::vector<T> central_cube(std::span<const T> values, std::size_t from, std::size_t to) {
  SPI_ASSERT(values.size() == from * from * from);
  std::vector<T> out(to * to * to);
  const std::size_t count = std::min(from, to);
  const std::size_t read = from / 2 - count / 2, write = to / 2 - count / 2;
  for (std::size_t z = 0; z < count; ++z)
    for (std::size_t y = 0; y < count; ++y)
      std::copy_n(&values[((z + read) * from + y + read) * from + read], count,
                  &out[((z + write) * to + y + write) * to + write]);
  return out;
}
template std::vector<float> central_cube(std::span<const float>, std::size_t, std::size_t);
template Spectrum3 central_cube(std::span<const std::complex<float>>, std::size_t, std::size_t);

std::vector<float> fourier_resized(std::span<const float> values, std::size_t n, std::size_t to) {
  const Spectrum3 spectrum = centred_transform(values, n);
  auto out =
      centred_inverse(central_cube(std::span<const std::complex<float>>(spectrum), n, to), to);
  const double scale = std::pow(double(to) / double(n), 3);
  for (float& v : out) v = float(v * scale);
  return out;
}

std::vector<float> resampled(std::span<const float> values, std::size_t n, std::size_t to,
                             double step, int threads) {
  SPI_ASSERT(values.size() == n * n * n && step > 0);
  const auto matrix = interpolation_matrix(n, to, step);
  std::vector<float> out(values.begin(), values.end());
  // Each pass turns the axes by one, so that after three x is the fastest again.
  for (const std::size_t rows : {n * n, to * n, to * to})
    out = apply_and_turn(out, rows, matrix, n, to, threads);
  return out;
}

}  // namespace spi
