// SPDX-License-Identifier: GPL-3.0-or-later
// Correlation of many patterns with many slices at every in-plane angle, as matrix products of
// angular harmonics. docs/theory/orientation.md derives it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "libspi/polar/angular_dft.h"

namespace spi {

/// A correlation and where it was found.
struct Peak {
  float correlation = 0;
  std::uint32_t view = 0;
  std::uint32_t shift = 0;  ///< pattern angle j is slice angle j + shift: in-plane 2 pi shift/T
};

/// Up to 64 patterns on their way through all views: their harmonics, then what they found.
struct PatternTile {
  static constexpr std::size_t kLanes = 64;
  static constexpr std::size_t kPeaks = 256;  ///< kept for each pattern

  std::size_t count = 0;
  bool masked = false;                ///< some ring is measured in part only
  std::vector<float> harmonics;       ///< [M+1][2R][2·lanes]: (re, im) by ring; then (-im, re)
  std::vector<float> mask_harmonics;  ///< the same of the weights; only harmonic 0 unless masked
  std::array<float, kLanes> norm{};   ///< √Σ w x²
  std::array<double, kLanes> sum{};   ///< of the correlations with all counted views and shifts
  std::array<std::vector<Peak>, kLanes> peaks;  ///< the largest of all stretches of angles, a heap
};

/// With x_a(i,j) of pattern a, w_a(i,j) its weight (0 or that of the ring), and slices y_v(i,j),
///   cc_a(v,s) = Σ w_a x_a y_v(j+s) / √(Σ w_a x_a² Σ w_a y_v(j+s)²),
/// the cosine between pattern and slice where the pattern is measured. Numerator and energy of the
/// slice are circular correlations over the angle: in harmonics m products
/// conj(ŵx(i,m)) ŷ(i,m), summed over rings, of [views × 2R] with [2R × 128]. Slices hold ring i up
/// to harmonic limit[i]. Where all rings are measured in full or not at all, the energy needs
/// harmonic 0 alone. Cost a pattern and view: 8·Σ limit[i] + 2·T·M operations, about twice that
/// where masked. The const members may be called from several threads, each with its own scratch.
class CorrelationEngine {
 public:
  struct Scratch {
    std::vector<float> product, energy;   ///< [M+1][block][2·lanes]
    std::vector<float> angles, energies;  ///< [T][lanes]
  };

  /// ring_weight [R]; limit [R] ascending, at most T/2.
  CorrelationEngine(std::size_t rings, std::size_t angles, std::vector<float> ring_weight,
                    std::vector<std::size_t> limit);

  std::size_t rings() const { return rings_; }
  std::size_t angles() const { return angles_; }
  std::size_t harmonics() const { return dft_.harmonics(); }  ///< M
  std::size_t views() const { return counted_.size(); }
  /// Bytes that a view takes, with its energies where `masked`.
  std::size_t view_bytes(bool masked) const;

  /// Makes the slices [0, counted.size()): slice(k, out) fills out[R][T]. Only views with counted
  /// != 0 enter PatternTile::sum; peaks name views counted from `first_view`.
  void set_views(std::vector<std::uint8_t> counted, std::size_t first_view, bool masked,
                 int threads, const std::function<void(std::size_t, std::span<float>)>& slice);

  /// Fills the tile from n <= 64 patterns x[n][R][T] with weights 0 or 1 measured[n][R][T].
  void load(std::span<const float> x, std::span<const float> measured, PatternTile& tile) const;
  /// Correlates with all views and adds to sum and peaks.
  void correlate(PatternTile& tile, Scratch& scratch) const;

 private:
  struct Block;
  void multiply(const std::vector<std::vector<float>>& rows, std::size_t harmonics,
                const std::vector<float>& tile, std::vector<float>& product) const;
  void scan(PatternTile& tile, std::size_t view, const float* values, const float* energies,
            bool angular_energy) const;

  std::size_t rings_, angles_;
  std::vector<float> ring_weight_;
  std::vector<std::size_t> limit_, first_ring_;
  AngularDft dft_, full_dft_;
  std::size_t first_view_ = 0;
  bool masked_ = false;
  std::vector<std::uint8_t> counted_;
  /// by block of kBlock views and harmonic: [kBlock][2·rings]
  std::vector<std::vector<std::vector<float>>> rows_, energy_rows_;
};

}  // namespace spi
