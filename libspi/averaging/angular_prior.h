// SPDX-License-Identifier: GPL-3.0-or-later
// What patterns of this data set look like before one is seen: the covariance of their angular
// harmonics, and the Wiener filter that it gives the averages.
#pragma once

#include <cstddef>
#include <vector>

#include "libspi/averaging/frame_store.h"
#include "libspi/polar/likelihood_engine.h"

namespace spi {

/// In every angular harmonic m, the relative rates ŵ(i,m) of the ensemble's patterns (rings i) have
/// covariance C_m, estimated from the sparse frames themselves without bias:
///   C_m(i,i') = Σ_d Re[y_d(i) y_d(i')*] − δ_ii' N_d(i)  over  Σ_d φ_d² ā_i ā_i',
///   y_d = n̂_d − φ_d â,  φ_d = N_d / A,  ā_i = mean area of a bin of ring i:
/// Poisson noise is white over the angle and adds N_d(i) on the diagonal. (Real, since the view
/// from behind a particle is the mirror image of the view from the front.) Of C, whitened by its
/// noise, only eigenvalues above what noise alone would give are kept: a steerable principal
/// component analysis (Zhao, Shkolnisky & Singer, IEEE TCI 2, 1 (2016)). This holds the band limit
/// (harmonics beyond 2πqD have no variance) and the radial correlation of speckle of any particle
/// size, with nothing to choose.
class AngularPrior {
 public:
  /// One pass over the store's frames; harmonics up to limit[R] of each ring.
  AngularPrior(FrameStore& store, const std::vector<std::size_t>& limit, int threads,
               Monitor& monitor);

  /// Components kept in harmonic m.
  std::size_t rank(std::size_t m) const { return rank_[m]; }
  /// Last harmonic with a component.
  std::size_t last_harmonic() const;
  /// Of the relative rates' harmonic m on a ring: C_m(i,i), without the noise.
  double variance(std::size_t m, std::size_t ring) const;

  /// Replaces the ratio rate[R][T] of a class by its expectation under the prior (mean 1,
  /// covariance C) and the noise of its exposure: ŵ = C (C + S)⁻¹ ŵ_observed, S = diag(T / E_i),
  /// E_i = the mean of exposure[R][T] on ring i, expected photons a bin.
  void filter(const double* exposure, double* rate) const;

 private:
  /// White noise of `frames` frames has covariance diag(noise) and is contained in `covariance`.
  void decompose(std::size_t m, const std::vector<double>& covariance,
                 const std::vector<double>& noise, double frames);

  std::size_t rings_, angles_;
  std::vector<std::size_t> rank_;           ///< [M+1]
  std::vector<std::vector<double>> basis_;  ///< [M+1][R][rank]: C = B Bᵀ
};

}  // namespace spi
