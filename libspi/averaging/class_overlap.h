// SPDX-License-Identifier: GPL-3.0-or-later
// Which classes are copies of one another, and which are mixtures: what split and merge moves need.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "libspi/polar/rate_sums.h"

namespace spi {

/// O(k,l) = Σ_d P_d(k) P_d(l) with P_d(k) = Σ_s P_d(k,s). Copies of one class share their frames in
/// fixed proportions: their cosine O(k,l)/√(O(k,k) O(l,l)) is 1 (Ueda et al., Neural Comput. 12,
/// 2109 (2000): the merge criterion of split-and-merge EM).
class ClassOverlap {
 public:
  /// Of `frames` frames at most.
  ClassOverlap(std::size_t classes, std::size_t frames)
      : classes_(classes),
        quantum_(double(frames)),
        recent_(classes * classes),
        sums_(classes * classes) {}

  /// Adds tiles first, first + 1, ... in blocks like RateSums: the sums depend neither on `threads`
  /// nor on which rank adds which blocks.
  void add(std::span<const FrameTile> tiles, std::size_t first, int threads);
  /// To be called by all ranks after the last add.
  void finish(Team& team);

  double cosine(std::size_t k, std::size_t l) const;

  /// Classes whose cosine with a class of larger occupancy exceeds `limit`: all copies but one.
  std::vector<std::size_t> copies(const std::vector<double>& occupancy, double limit) const;

 private:
  /// The sums of rows [first, first + rows) of the last block go over.
  void flush(std::size_t first, std::size_t rows);

  std::size_t classes_;
  Quantum quantum_;
  std::vector<float> recent_;  ///< [K][K] of the last block
  std::vector<double> sums_;   ///< [K][K]
};

/// Gain per photon that a class expects of a frame of its own: mean Σ p ln W − ln(Z/A) and variance
/// of ln W over photons, p = a W / Z, Z = Σ a W, A = Σ a.
struct GainMoments {
  double mean = 0, variance = 0;
};
GainMoments gain_moments(std::span<const double> area, const float* rate);

/// Dispersion of each class: the variance of z_d = (gain_d − N_d·mean) / √(N_d·variance) over its
/// frames, 1 for a class of one pattern, more for a mixture of patterns that please it differently.
struct Dispersion {
  std::vector<std::size_t> frames;  ///< [K]
  std::vector<double> variance;     ///< [K]
  /// n (χ − 1) in units of its standard deviation √(2n) for a pure class.
  double excess(std::size_t k) const;
};

}  // namespace spi
