// SPDX-License-Identifier: GPL-3.0-or-later
// The M step of EMC: what the frames say about each class, summed as products of harmonics.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "libspi/base/quantum.h"
#include "libspi/base/team.h"
#include "libspi/polar/likelihood_engine.h"

namespace spi {

/// For each class, over all frames added so far, in harmonics m up to the engine's limits:
///   numerator  Σ_d P̂_d(k,m) n̂_d(i,m),   exposure  Q̂_k(m) â(i,m),
///   Q_k(s) = Σ_d φ_d P_d(k,s), of free fluences Σ_d N_d P_d(k,s) / Z_k(s) with the engine's Z.
/// Tiles go alternately into two half sets. Single-precision sums of a block of 16 tiles go over
/// into double ones, which Quantum makes exact: nothing depends on threads, on how tiles are
/// grouped or on which rank adds which blocks.
class RateSums {
 public:
  static constexpr std::size_t kBlockTiles = 16;
  static constexpr std::size_t kBlockFrames = kBlockTiles * FrameTile::kLanes;

  /// `largest`: what the photons (of known fluences: or the fluences) of all frames add up to, at
  /// most.
  RateSums(const LikelihoodEngine& engine, double largest);

  static std::size_t bytes(const LikelihoodEngine& engine, std::size_t classes);

  /// Adds tiles first, first + 1, ... in this order; the first call begins a block.
  void add(std::span<const FrameTile> tiles, std::size_t first, int threads);
  /// Adds what a device has summed in the same blocks, of numbers first, first + 1, ...
  void add_totals(std::span<const double> totals, std::size_t first);
  std::size_t numbers() const { return total_.size(); }
  /// Where the sums of harmonic m and a half set begin.
  std::size_t at(std::size_t m, int half) const {
    return 2 * offset_[m] + std::size_t(half) * (offset_[m + 1] - offset_[m]);
  }
  const Quantum& quantum() const { return quantum_; }
  /// To be called by all ranks after the last add: the sums are then those of all of them.
  void finish(int threads, Team& team = alone());

  /// Numerator and exposure of class k on the bins [R][T], band-limited: of half set 0 or 1, or of
  /// both (half 2). Band limits can make them slightly negative.
  void on_bins(std::size_t k, int half, double* numerator, double* exposure) const;

  /// Scratch of one thread.
  struct Rows {
    std::vector<float> re, im, angles;
  };
  /// The same of half set 0 or 1 in single precision, all rings at once: for thousands of classes.
  void on_bins(std::size_t k, int half, Rows& rows, float* numerator, float* exposure) const;

 private:
  void flush(std::size_t m);
  /// Harmonics [M+1] of Q_k.
  void weights(std::size_t k, int half, double* re, double* im) const;
  /// Entry (row, column) of the products with P̂ re (row k) and P̂ im (row K + k).
  double entry(std::size_t m, std::size_t row, std::size_t column, int half) const;
  std::size_t width(std::size_t m) const { return 2 * (rings_ - engine_.first_ring(m)) + 1; }
  const double* total(std::size_t m, int half) const { return &total_[at(m, half)]; }

  const LikelihoodEngine& engine_;
  Quantum quantum_;
  std::size_t classes_, rings_;
  AngularDft dft_;
  std::vector<float> area_re_, area_im_;  ///< [R][M+1] harmonics of the area
  /// By half set and harmonic: [2K][width] P̂ re and P̂ im times (n̂ re, im by ring; φ or N)
  std::array<std::vector<std::vector<float>>, 2> recent_;
  std::vector<std::size_t> offset_;  ///< [M+2] numbers before harmonic m in a half set
  std::vector<double> total_;        ///< the same by harmonic and half set, one after the other
};

}  // namespace spi
