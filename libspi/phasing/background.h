// SPDX-License-Identifier: GPL-3.0-or-later
// An incoherent background beside the density, the same all over a shell.
#pragma once

#include <cstdint>
#include <vector>

#include "libspi/phasing/problem.h"
#include "libspi/phasing/recipe.h"

namespace spi {

/// I = |F|² + b² with b >= 0 a function of |q| alone: b is a second iterate beside the density, and
/// the two are projected together, as one point of their product space. The modulus projection
/// multiplies F and b by A/√(|F|² + b²), its other one takes the mean of each shell's measured
/// bins; steps of a recipe combine the two as they do for the density, HIO as ER.
template <int Rank>
class RadialBackground {
 public:
  /// b is half of the mean modulus of each shell. `problem` must outlive it.
  RadialBackground(const Problem<Rank>& problem, int threads);

  float* row(std::size_t bin) { return &b_[bin]; }             ///< b from this bin on
  float* projected_row(std::size_t bin) { return &pb_[bin]; }  ///< where its projection goes
  /// One step, after the projection of all bins.
  void update(const Step& step);
  /// b becomes its projection.
  void take_projection() { b_ = pb_; }
  /// b becomes the mean of its shell.
  void take_means();

  /// b² of shells 0, 1, ... to the corners; call take_means() first.
  std::vector<float> profile() const;

  static double bytes(const Grid<Rank>& grid) {
    return double(grid.spectrum_size()) * (2 * sizeof(float) + sizeof(std::uint16_t));
  }

 private:
  std::vector<float> shell_means(float keep) const;

  const Problem<Rank>& problem_;
  int threads_;
  std::size_t shells_ = 0;
  std::vector<std::uint16_t> shell_;  ///< of each bin
  std::vector<float> b_, pb_;
};

/// The problem without a background: moduli √(A² - b²), 0 where the background is larger.
template <int Rank>
Problem<Rank> without_background(Problem<Rank> problem, const std::vector<float>& profile);

extern template class RadialBackground<2>;
extern template class RadialBackground<3>;

}  // namespace spi
