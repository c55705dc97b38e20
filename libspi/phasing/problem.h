// SPDX-License-Identifier: GPL-3.0-or-later
// What is measured: Fourier moduli on a half spectrum, and which of them are free.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libspi/phasing/fft.h"

namespace spi {

/// Moduli of one image or volume.
template <int Rank>
struct Problem {
  Grid<Rank> grid;
  std::vector<float> modulus;     ///< [n]..[n/2+1], zero frequency first; negative: free
  double power = 0;               ///< sum of squared moduli over the measured bins of all n^Rank
  std::size_t measured = 0;       ///< bins of all n^Rank that are measured
  std::size_t negative = 0;       ///< of these, with an intensity below 0, which counts as 0
  double negative_power = 0;      ///< sum of those intensities' absolute values
  std::size_t masked_centre = 0;  ///< free bins of the connected region around zero frequency

  bool is_free(std::size_t bin) const { return modulus[bin] < 0; }
  /// Copies of a bin in the full spectrum: 1 or 2 (its Friedel mate).
  float weight(std::size_t bin) const {
    const std::size_t k = bin % grid.half();
    return k == 0 || grid.is_nyquist(k) ? 1.f : 2.f;
  }
};

/// `intensity` [n^Rank] with q = 0 at voxel n/2 of each axis, `free` the same shape (true: not
/// measured) or empty. A bin is the mean of what is measured at q and -q, then clipped at 0:
/// intensities cannot be negative, and 0 is the nearest modulus that exists. Bins of even sizes at
/// frequency n/2 stand for n/2 and -n/2 at once, of which a file holds only the latter: they are
/// free. UserError where a measured value is not finite, nothing is measured, or nothing measured
/// is positive; `name` is for messages.
template <int Rank>
Problem<Rank> make_problem(std::size_t n, std::span<const float> intensity,
                           const std::vector<bool>& free, const std::string& name);

/// Signed frequency of each axis of a bin of the half spectrum, first axis first.
template <int Rank>
std::array<std::ptrdiff_t, std::size_t(Rank)> frequencies(const Grid<Rank>& grid, std::size_t bin);

/// Distance of a bin from zero frequency, in bins.
template <int Rank>
double radius(const Grid<Rank>& grid, std::size_t bin);

}  // namespace spi
