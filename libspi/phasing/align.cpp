// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/align.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>

namespace spi {
namespace {

using Complex = std::complex<float>;

/// Sum over the full spectrum, from the half.
template <int Rank>
double full_power(const Grid<Rank>& grid, const std::vector<Complex>& spectrum) {
  double sum = 0;
  for (std::size_t bin = 0; bin < spectrum.size(); ++bin) {
    const std::size_t k = bin % grid.half();
    sum += (k == 0 || grid.is_nyquist(k) ? 1. : 2.) * double(std::norm(spectrum[bin]));
  }
  return sum;
}

/// Per axis and index the factor exp(sign 2 pi i k shift / n); at k = n/2, which stands for both
/// signs, the mean of the two.
template <int Rank>
std::array<std::vector<std::complex<double>>, std::size_t(Rank)> ramps(
    const Grid<Rank>& grid, const std::array<double, std::size_t(Rank)>& shift, double sign) {
  std::array<std::vector<std::complex<double>>, std::size_t(Rank)> out;
  for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis)
    for (std::size_t i = 0; i < grid.n; ++i) {
      const double angle =
          sign * 2 * std::numbers::pi * double(grid.frequency(i)) * shift[axis] / double(grid.n);
      out[axis].push_back(grid.is_nyquist(i) ? std::complex<double>(std::cos(angle))
                                             : std::polar(1., angle));
    }
  return out;
}

/// Index on each axis, first axis first, of a bin of the half spectrum.
template <int Rank>
std::array<std::size_t, std::size_t(Rank)> indices(const Grid<Rank>& grid, std::size_t bin) {
  std::array<std::size_t, std::size_t(Rank)> at;
  at[Rank - 1] = bin % grid.half();
  std::size_t rest = bin / grid.half();
  for (std::size_t axis = Rank - 1; axis-- > 0; rest /= grid.n) at[axis] = rest % grid.n;
  return at;
}

}  // namespace

template <int Rank>
Aligner<Rank>::Aligner(const PlaneFft<Rank>& fft, Spectrum reference, int threads)
    : fft_(fft),
      reference_(std::move(reference)),
      threads_(threads),
      power_(full_power(fft.grid(), reference_)) {}

template <int Rank>
Placement<Rank> Aligner<Rank>::from_peak(const Spectrum& other, bool twin) const {
  const Grid<Rank>& grid = fft_.grid();
  Spectrum product(other.size());
  for (std::size_t bin = 0; bin < other.size(); ++bin)
    product[bin] = reference_[bin] * (twin ? other[bin] : std::conj(other[bin]));
  std::vector<float> correlation(grid.size());
  fft_.backward(product.data(), correlation.data(), threads_);
  const std::size_t best = std::size_t(std::ranges::max_element(correlation) - correlation.begin());
  Placement<Rank> placement;
  placement.twin = twin;
  placement.correlation = double(correlation[best]);
  const std::size_t n = grid.n;
  for (std::size_t axis = Rank, stride = 1; axis-- > 0; stride *= n) {
    const std::size_t i = best / stride % n;
    const double before = double(correlation[best - i * stride + (i + n - 1) % n * stride]);
    const double after = double(correlation[best - i * stride + (i + 1) % n * stride]);
    const double bend = before + after - 2 * placement.correlation;  // a parabola through the three
    placement.shift_voxels[axis] =
        double(grid.frequency(i)) + (bend < 0 ? (before - after) / (2 * bend) : 0);
  }
  return placement;
}

/// Newton's method on C(s) = sum Re[G(k) exp(2 pi i k.s/n)], G = F_reference conj(F_other).
template <int Rank>
void Aligner<Rank>::refine(const Spectrum& other, Placement<Rank>& placement) const {
  const Grid<Rank>& grid = fft_.grid();
  constexpr int kIterations = 4;
  using Vector = Eigen::Matrix<double, Rank, 1>;
  using Matrix = Eigen::Matrix<double, Rank, Rank>;
  const auto start = placement;
  for (int iteration = 0; iteration <= kIterations; ++iteration) {
    const auto ramp = ramps(grid, placement.shift_voxels, 1);
    std::vector<double> value(grid.n);
    std::vector<Vector> slope(grid.n, Vector::Zero());
    std::vector<Matrix> curvature(grid.n, Matrix::Zero());
    for_slabs(grid.n, threads_, [&](std::size_t plane) {
      const std::size_t first = plane * grid.spectrum_plane();
      for (std::size_t bin = first; bin < first + grid.spectrum_plane(); ++bin) {
        const auto at = indices(grid, bin);
        const bool edge = at[Rank - 1] == 0 || grid.is_nyquist(at[Rank - 1]);
        std::complex<double> g = std::complex<double>(
            reference_[bin] * (placement.twin ? other[bin] : std::conj(other[bin])));
        Vector k;
        for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis) {
          g *= ramp[axis][at[axis]];
          k[Eigen::Index(axis)] = grid.is_nyquist(at[axis]) ? 0 : double(grid.frequency(at[axis]));
        }
        if (!edge) g *= 2;
        value[plane] += g.real();
        slope[plane] -= g.imag() * k;
        curvature[plane] -= g.real() * k * k.transpose();
      }
    });
    Vector b = Vector::Zero();
    Matrix a = Matrix::Zero();
    double sum = 0;
    for (std::size_t plane = 0; plane < grid.n; ++plane) {
      sum += value[plane];
      b += slope[plane];
      a += curvature[plane];
    }
    placement.correlation = sum;
    if (iteration == kIterations) break;
    // Near a maximum the curvature is negative definite; elsewhere the parabola stays.
    const Eigen::LLT<Matrix> solver(-a);
    if (solver.info() != Eigen::Success) break;
    const Vector step = solver.solve(b) * (double(grid.n) / (2 * std::numbers::pi));
    for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis)
      placement.shift_voxels[axis] =
          std::clamp(placement.shift_voxels[axis] + step[Eigen::Index(axis)],
                     start.shift_voxels[axis] - 1, start.shift_voxels[axis] + 1);
  }
  if (placement.correlation < start.correlation) placement = start;
}

template <int Rank>
Placement<Rank> Aligner<Rank>::place(const Spectrum& other) const {
  const double norm = std::sqrt(power_ * full_power(fft_.grid(), other));
  Placement<Rank> best;
  for (const bool twin : {false, true}) {
    Placement<Rank> placement = from_peak(other, twin);
    refine(other, placement);
    if (!twin || placement.correlation > best.correlation) best = placement;
  }
  best.correlation = norm > 0 ? best.correlation / norm : 0;
  return best;
}

template <int Rank>
void apply(const Placement<Rank>& placement, const Grid<Rank>& grid,
           std::vector<std::complex<float>>& spectrum) {
  const auto ramp = ramps(grid, placement.shift_voxels, -1);
  for (std::size_t bin = 0; bin < spectrum.size(); ++bin) {
    std::complex<double> f(placement.twin ? std::conj(spectrum[bin]) : spectrum[bin]);
    const auto at = indices(grid, bin);
    for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis) f *= ramp[axis][at[axis]];
    spectrum[bin] = std::complex<float>(f);
  }
}

template <int Rank>
std::array<std::ptrdiff_t, std::size_t(Rank)> shift_to_centre(const Grid<Rank>& grid,
                                                              const std::vector<float>& density) {
  const std::size_t n = grid.n;
  std::array<std::ptrdiff_t, std::size_t(Rank)> shift;
  std::size_t stride = 1;
  for (std::size_t axis = Rank; axis-- > 0; stride *= n) {
    std::vector<double> profile(n);
    for (std::size_t at = 0; at < density.size(); ++at)
      profile[at / stride % n] += std::max(density[at], 0.f);
    std::complex<double> harmonic = 0;
    for (std::size_t i = 0; i < n; ++i)
      harmonic += profile[i] * std::polar(1., 2 * std::numbers::pi * double(i) / double(n));
    const double centre = std::arg(harmonic) / (2 * std::numbers::pi) * double(n);
    shift[axis] = std::ptrdiff_t(n / 2) - std::lround(centre);
  }
  return shift;
}

template <int Rank, class T>
std::vector<T> rolled(const Grid<Rank>& grid, const std::vector<T>& values,
                      const std::array<std::ptrdiff_t, std::size_t(Rank)>& shift) {
  const auto n = std::ptrdiff_t(grid.n);
  std::vector<T> out(values.size());
  for (std::size_t at = 0; at < values.size(); ++at) {
    std::size_t to = 0, stride = 1, rest = at;
    for (std::size_t axis = Rank; axis-- > 0; stride *= grid.n, rest /= grid.n) {
      const std::ptrdiff_t i = std::ptrdiff_t(rest % grid.n) + shift[axis];
      to += std::size_t((i % n + n) % n) * stride;
    }
    out[to] = values[at];
  }
  return out;
}

template <int Rank, class T>
std::vector<T> inverted(const Grid<Rank>& grid, const std::vector<T>& values) {
  std::vector<T> out(values.size());
  for (std::size_t at = 0; at < values.size(); ++at) {
    std::size_t to = 0, stride = 1, rest = at;
    for (int axis = 0; axis < Rank; ++axis, stride *= grid.n, rest /= grid.n)
      to += (grid.n - rest % grid.n) % grid.n * stride;
    out[to] = values[at];
  }
  return out;
}

#define SPI_INSTANTIATE(Rank)                                                                    \
  template class Aligner<Rank>;                                                                  \
  template std::vector<float> inverted(const Grid<Rank>&, const std::vector<float>&);            \
  template std::vector<std::uint8_t> inverted(const Grid<Rank>&,                                 \
                                              const std::vector<std::uint8_t>&);                 \
  template void apply(const Placement<Rank>&, const Grid<Rank>&,                                 \
                      std::vector<std::complex<float>>&);                                        \
  template std::array<std::ptrdiff_t, Rank> shift_to_centre<Rank>(const Grid<Rank>&,             \
                                                                  const std::vector<float>&);    \
  template std::vector<float> rolled(const Grid<Rank>&, const std::vector<float>&,               \
                                     const std::array<std::ptrdiff_t, std::size_t(Rank)>&);      \
  template std::vector<std::uint8_t> rolled(const Grid<Rank>&, const std::vector<std::uint8_t>&, \
                                            const std::array<std::ptrdiff_t, std::size_t(Rank)>&);
SPI_INSTANTIATE(2)
SPI_INSTANTIATE(3)
#undef SPI_INSTANTIATE

}  // namespace spi
