// SPDX-License-Identifier: GPL-3.0-or-later
// Densities of one set of moduli agree up to a shift and the twin (inversion through a point).
#pragma once

#include <array>

#include "libspi/phasing/problem.h"

namespace spi {

/// Takes a density onto another: first inverted through voxel 0 if twin, then moved by shift.
template <int Rank>
struct Placement {
  std::array<double, std::size_t(Rank)> shift_voxels{};  ///< first axis first, in a periodic field
  bool twin = false;
  double correlation = 0;  ///< sum of products over the root of the product of the squares
};

/// Finds placements onto one reference by the maximum of the cross-correlation: whole voxels by
/// Fourier transform, fractions by a parabola and then Newton's method on its trigonometric
/// interpolation. Memory: the spectrum of the reference, twice a spectrum while working.
template <int Rank>
class Aligner {
 public:
  using Spectrum = std::vector<std::complex<float>>;  ///< half spectrum of a density

  Aligner(const PlaneFft<Rank>& fft, Spectrum reference, int threads);

  Placement<Rank> place(const Spectrum& other) const;

 private:
  Placement<Rank> from_peak(const Spectrum& other, bool twin) const;
  void refine(const Spectrum& other, Placement<Rank>& placement) const;

  const PlaneFft<Rank>& fft_;
  Spectrum reference_;
  int threads_;
  double power_;
};

/// Moves a density, given by its half spectrum, by a placement.
template <int Rank>
void apply(const Placement<Rank>& placement, const Grid<Rank>& grid,
           std::vector<std::complex<float>>& spectrum);

/// Whole voxels that bring the centre of a positive density to voxel n/2; the centre on each axis
/// is the angle of the density's first harmonic, so a density across the border counts as whole.
template <int Rank>
std::array<std::ptrdiff_t, std::size_t(Rank)> shift_to_centre(const Grid<Rank>& grid,
                                                              const std::vector<float>& density);

/// A density moved by whole voxels in a periodic field.
template <int Rank, class T>
std::vector<T> rolled(const Grid<Rank>& grid, const std::vector<T>& values,
                      const std::array<std::ptrdiff_t, std::size_t(Rank)>& shift);

/// A density inverted through voxel 0 of a periodic field, as a placement of a twin does.
template <int Rank, class T>
std::vector<T> inverted(const Grid<Rank>& grid, const std::vector<T>& values);

}  // namespace spi
