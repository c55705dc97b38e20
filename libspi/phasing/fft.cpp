// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/fft.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

std::mutex& planner() {  // FFTW's planner is not thread-safe
  static std::mutex mutex;
  return mutex;
}

fftwf_complex* raw(std::complex<float>* values) { return reinterpret_cast<fftwf_complex*>(values); }

}  // namespace

template <int Rank>
void PlaneFft<Rank>::Destroy::operator()(fftwf_plan_s* plan) const {
  const std::lock_guard lock(planner());
  fftwf_destroy_plan(plan);
}

template <int Rank>
PlaneFft<Rank>::PlaneFft(Grid<Rank> grid) : grid_(grid) {
  SPI_ASSERT(grid.n >= 2 && grid.n < 32768);
  // Planes of odd sizes begin at any multiple of 4 bytes.
  constexpr unsigned flags = FFTW_UNALIGNED | FFTW_ESTIMATE;
  const int n = int(grid.n), half = int(grid.half());
  const std::array<int, 2> size{n, n}, padded{n, 2 * half};
  const int dimensions = Rank - 1;
  const int* const padding = Rank == 3 ? padded.data() : padded.data() + 1;
  std::vector<float> plane(grid.plane());
  std::vector<Complex> spectrum(grid.spectrum_plane());
  auto* const out = raw(spectrum.data());
  const int stride = int(grid.spectrum_plane());
  const std::lock_guard lock(planner());
  plane_forward_.reset(
      fftwf_plan_dft_r2c(dimensions, size.data(), plane.data(), out, flags | FFTW_PRESERVE_INPUT));
  plane_backward_.reset(fftwf_plan_many_dft_c2r(dimensions, size.data(), 1, out, nullptr, 1, 0,
                                                reinterpret_cast<float*>(out), padding, 1, 0,
                                                flags));
  const auto columns = [&](int sign) {
    return fftwf_plan_many_dft(1, size.data(), half, out, nullptr, stride, 1, out, nullptr, stride,
                               1, sign, flags);
  };
  columns_forward_.reset(columns(FFTW_FORWARD));
  columns_backward_.reset(columns(FFTW_BACKWARD));
  SPI_ASSERT(plane_forward_ && plane_backward_ && columns_forward_ && columns_backward_);
}

template <int Rank>
void PlaneFft<Rank>::forward_plane(const float* plane, Complex* spectrum) const {
  // FFTW_PRESERVE_INPUT: the plane is only read.
  fftwf_execute_dft_r2c(plane_forward_.get(), const_cast<float*>(plane), raw(spectrum));
}

template <int Rank>
void PlaneFft<Rank>::backward_plane(Complex* spectrum) const {
  fftwf_execute_dft_c2r(plane_backward_.get(), raw(spectrum), reinterpret_cast<float*>(spectrum));
}

template <int Rank>
void PlaneFft<Rank>::forward_columns(Complex* spectrum, std::size_t row) const {
  auto* const at = raw(spectrum + row * grid_.half());
  fftwf_execute_dft(columns_forward_.get(), at, at);
}

template <int Rank>
void PlaneFft<Rank>::backward_columns(Complex* spectrum, std::size_t row) const {
  auto* const at = raw(spectrum + row * grid_.half());
  fftwf_execute_dft(columns_backward_.get(), at, at);
}

template <int Rank>
void PlaneFft<Rank>::forward(const float* values, Complex* spectrum, int threads) const {
  for_slabs(grid_.n, threads, [&](std::size_t i) {
    forward_plane(values + i * grid_.plane(), spectrum + i * grid_.spectrum_plane());
  });
  for_slabs(grid_.rows(), threads, [&](std::size_t row) { forward_columns(spectrum, row); });
}

template <int Rank>
void PlaneFft<Rank>::backward(Complex* spectrum, float* values, int threads) const {
  for_slabs(grid_.rows(), threads, [&](std::size_t row) { backward_columns(spectrum, row); });
  const std::size_t n = grid_.n, half = grid_.half();
  for_slabs(n, threads, [&](std::size_t i) {
    Complex* const plane = spectrum + i * grid_.spectrum_plane();
    backward_plane(plane);
    for (std::size_t row = 0; row < grid_.rows(); ++row)
      std::copy_n(reinterpret_cast<const float*>(plane + row * half), n,
                  values + i * grid_.plane() + row * n);
  });
}

void for_slabs(std::size_t count, int threads, const std::function<void(std::size_t)>& body) {
  if (threads <= 1)
    for (std::size_t i = 0; i < count; ++i) body(i);
  else
    parallel_for(count, threads, [&](std::size_t i, int) { body(i); });
}

template class PlaneFft<2>;
template class PlaneFft<3>;

}  // namespace spi
