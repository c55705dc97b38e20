// SPDX-License-Identifier: GPL-3.0-or-later
// Two points of a particle are no farther apart than its diameter: its intensities are smooth.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "libspi/phasing/fft.h"

namespace spi {

/// What the frames of the two half sets say of the voxels of a cube, [n³] each.
struct HalfSums {
  std::array<std::vector<double>, 2> photons, exposure;
};

/// The autocorrelation of the particle, which is the transform of the intensities, ends at its
/// diameter; of what lies beyond, the half sets hold different noise. Cutting it off leaves of the
/// noise of a voxel as much as the particle's part of the field of view, cubed.
class AutocorrelationLimit {
 public:
  /// For cubes [n]³ about the voxel n/2.
  explicit AutocorrelationLimit(std::size_t n);

  /// The radius, in parts of the field of view 1/(voxel), where the correlation of the halves'
  /// autocorrelations falls below 1/2 for good; empty where it never does. half: rates over their
  /// shell's mean, whatever where the exposures are zero; `shell_fsc` [n/2+1], the correlation of
  /// the halves' shells, is the weight of a shell.
  std::optional<double> find(const HalfSums& sums, std::span<const double> shell_fsc,
                             int threads) const;
  /// Gives each voxel beside its own photons and exposure the rate of its surroundings, as if seen
  /// with 100 photons: sums that keep of the rates' autocorrelation what lies within the radius,
  /// falling to nothing at 1.3 of it. Exposures become those of the surroundings; where they are
  /// less than a tenth of the shell's mean, a voxel becomes unseen.
  void apply(HalfSums& sums, double radius, int threads) const;

 private:
  using Complex = std::complex<float>;

  /// Means of shells that were seen for the most part, 0 of others.
  std::vector<double> shell_exposure(const HalfSums& sums) const;
  /// values [n³] of voxel v -> its spectrum on the padded grid
  template <class Value>
  void transform(Value&& value, std::vector<float>& cube, std::vector<Complex>& spectrum,
                 int threads) const;
  /// body(index, k) for a row of the half spectrum, k the distance from frequency 0
  template <class Body>
  void for_frequencies(int threads, Body&& body) const;

  std::size_t n_;
  PlaneFft<3> fft_;
  std::vector<std::uint16_t> shell_;  ///< [n³] distance from the centre, rounded
};

}  // namespace spi
