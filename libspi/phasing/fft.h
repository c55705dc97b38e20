// SPDX-License-Identifier: GPL-3.0-or-later
// Real Fourier transforms of squares and cubes, cut into planes and columns.
//
// A transform over n^Rank voxels is n transforms over the planes of the first axis, then one along
// that axis. Cut there by hand, each part runs on any thread with the same bits, and an iteration
// can work on planes and columns while they are in cache.
#pragma once

#include <fftw3.h>

#include <complex>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace spi {

/// n^Rank voxels; indices i in [0, n) of the half spectrum stand for the frequency i or i - n.
template <int Rank>
struct Grid {
  std::size_t n = 0;

  std::size_t half() const { return n / 2 + 1; }  ///< frequencies kept along the last axis
  /// Voxels of a plane: a square for Rank 3, a row for Rank 2.
  std::size_t plane() const { return Rank == 3 ? n * n : n; }
  std::size_t size() const { return n * plane(); }
  /// Rows of a plane along the last axis.
  std::size_t rows() const { return plane() / n; }
  std::size_t spectrum_plane() const { return rows() * half(); }
  std::size_t spectrum_size() const { return n * spectrum_plane(); }
  /// Index as a signed frequency; -n/2 of an even n comes out as +n/2.
  std::ptrdiff_t frequency(std::size_t i) const {
    return std::ptrdiff_t(i) - (i > n / 2 ? std::ptrdiff_t(n) : 0);
  }
  /// Bins of even sizes that stand for n/2 and -n/2 at once, along any axis.
  bool is_nyquist(std::size_t i) const { return 2 * i == n; }
};

/// Plans of one grid, chosen by FFTW's estimates: these are the same in every run. Measured plans
/// (and wisdom) would depend on the moment, and with them the last digits of results. Transforms
/// are not normalised; they may run on any number of threads at once, each on its own plane or
/// column.
template <int Rank>
class PlaneFft {
 public:
  using Complex = std::complex<float>;

  explicit PlaneFft(Grid<Rank> grid);

  const Grid<Rank>& grid() const { return grid_; }

  /// One plane [rows][n] to its spectrum [rows][half].
  void forward_plane(const float* plane, Complex* spectrum) const;
  /// In place: spectrum [rows][half] to values [rows][2 half], of which n a row count.
  void backward_plane(Complex* spectrum) const;
  /// In place: the columns along the first axis of row `row` of all planes. Spectrum as a whole.
  void forward_columns(Complex* spectrum, std::size_t row) const;
  void backward_columns(Complex* spectrum, std::size_t row) const;

  /// All of it: values [n^Rank] to half spectrum.
  void forward(const float* values, Complex* spectrum, int threads) const;
  /// Half spectrum (destroyed) to values [n^Rank]; forward then backward multiplies by n^Rank.
  void backward(Complex* spectrum, float* values, int threads) const;

 private:
  struct Destroy {
    void operator()(fftwf_plan_s* plan) const;
  };
  using Plan = std::unique_ptr<fftwf_plan_s, Destroy>;

  Grid<Rank> grid_;
  Plan plane_forward_, plane_backward_, columns_forward_, columns_backward_;
};

/// body(i) for i in [0, count) on up to `threads` threads; on one thread a plain loop.
void for_slabs(std::size_t count, int threads, const std::function<void(std::size_t)>& body);

extern template class PlaneFft<2>;
extern template class PlaneFft<3>;

}  // namespace spi
