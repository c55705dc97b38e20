// SPDX-License-Identifier: GPL-3.0-or-later
// How likely each frame is under each class at each in-plane rotation: the E step of EMC as matrix
// products of angular harmonics. docs/theory/averaging.md derives it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "libspi/polar/angular_dft.h"
#include "libspi/polar/binned_frames.h"

namespace spi {

/// K classes of rates relative to the radial mean, on rings × angles.
struct RateModel {
  std::size_t classes = 0, rings = 0, angles = 0;
  std::vector<float> rate;            ///< [K][R][T] W > 0
  std::vector<std::uint8_t> rotates;  ///< [K] 0: the class stands still (background), only s = 0

  float* of(std::size_t k) { return rate.data() + k * rings * angles; }
  const float* of(std::size_t k) const { return rate.data() + k * rings * angles; }
};

/// What is known of the frames' fluences: nothing (every class and shift takes the one that suits
/// it best, φ = N_d / Z_k(s)), or everything.
enum class FluenceUse { free, known };

/// What the E step finds for one frame.
struct FramePosterior {
  std::uint32_t best_class = 0;  ///< largest Σ_s P
  std::uint32_t best_shift =
      0;                    ///< largest P in that class: frame angle j is class angle j + shift
  float gain = 0;           ///< of the best class at its best shift, nats
  float probability = 0;    ///< Σ_s P of the best class
  float fluence = 1;        ///< known: as given; free: N_d / exp(Σ P ln Z), a mean over P
  float information = 0;    ///< Σ P ln(P / prior), nats: what the frame says on class and angle
  double log_evidence = 0;  ///< 1/β ln Σ prior e^{β gain}: nats gained over W = 1
};

/// A class, and the shift at which a frame suits it best.
struct ClassShift {
  std::uint32_t k = 0, shift = 0;
};

/// Up to 64 frames on their way through an iteration: their harmonics, then their posteriors.
struct FrameTile {
  static constexpr std::size_t kLanes =
      64;  ///< four AVX-512 vectors, a full block of a GEMM kernel

  std::size_t count = 0;
  std::array<float, kLanes> photons{}, fluence{}, beta{};  ///< fluence: where it is known
  std::vector<float> harmonics;  ///< [M+1][2R+1][lanes]: re, im of n̂ by ring; last row φ or N
  std::vector<float> posterior;  ///< [M+1][2][K][lanes]: re, im of P̂
  std::array<FramePosterior, kLanes> result{};
  /// [n][lanes] where asked for: each frame's n classes of largest P at their best shift, the
  /// largest first, of equal ones the first.
  std::vector<ClassShift> best;
};

/// With counts n_d(i,j), area a(i,j), rates W_k(i,j) and fluence φ_d,
///   logL_d(k,s) = Σ_ij n_d(i,j) ln W_k(i,j+s) − φ_d Z_k(s) + N_d ln φ_d,
///   Z_k(s) = Σ_ij a(i,j) W_k(i,j+s).
/// Taken less its value at W = 1, where Z = A = Σ a, this is the gain
///   known fluence:  Σ n ln W − φ_d (Z_k(s) − A),    free:  Σ n ln W − N_d ln(Z_k(s) / A),
/// the latter the maximum over φ of each (k,s): no class keeps a frame because the frame's fluence
/// was fitted to that class. Then P_d(k,s) ∝ prior(k,s) exp(β_d gain_d(k,s)), prior 1/(K·T), of a
/// class that stands still 1/K at s = 0. The first sum is, in harmonics m,
/// conj(n̂_d(i,m)) L̂_k(i,m) summed over rings: one product of [2K × 2R] with [2R × 64] a harmonic.
/// Ring i takes part up to harmonic limit[i]. Z has every harmonic, so masks count exactly.
/// Cost a frame and class: 8·Σ limit[i] operations, and 2·T·M for each of the transforms from and
/// to angles. The const members may be called from several threads, each with its own scratch.
class LikelihoodEngine {
 public:
  struct Scratch {
    std::vector<float> angles;      ///< [block][T][lanes]
    std::vector<float> sums;        ///< [K][lanes] Σ_s of each class, relative to its block's peak
    std::vector<std::uint32_t> at;  ///< [K][lanes] the class's best shift
    std::vector<float> best;        ///< [K][lanes] β times its gain there, prior included
  };

  /// area [R][T]; limit [R] ascending, at most T/2.
  LikelihoodEngine(std::size_t rings, std::size_t angles, std::vector<double> area,
                   std::vector<std::size_t> limit, FluenceUse fluence);

  std::size_t rings() const { return rings_; }
  std::size_t angles() const { return angles_; }
  std::size_t harmonics() const { return dft_.harmonics(); }  ///< M
  const std::vector<double>& area() const { return area_; }
  const std::vector<std::size_t>& limit() const { return limit_; }
  /// First ring that has harmonic m.
  std::size_t first_ring(std::size_t m) const { return first_ring_[m]; }

  /// Copies what it needs of the model.
  void set_model(const RateModel& model, int threads);
  std::size_t classes() const { return classes_; }
  /// Z_k(s), the photons expected of a frame of fluence 1.
  double expected_photons(std::size_t k, std::size_t shift) const {
    return expected_[k * angles_ + shift];
  }
  FluenceUse fluence_use() const { return fluence_; }
  /// A = Σ a.
  double flat_expected() const { return flat_expected_; }
  /// The model as the products take it: of harmonic m [2K][2(R - first_ring(m))], and [K][T] what a
  /// unit of fluence (of photons, where fluences are free) costs in gain.
  const std::vector<float>& rows(std::size_t m) const { return rows_[m]; }
  const std::vector<float>& penalty() const { return penalty_; }
  const std::vector<std::uint8_t>& rotates() const { return rotates_; }

  /// Bytes of a tile with its posteriors, for a model of `classes`.
  std::size_t tile_bytes(std::size_t classes) const;

  /// Fills tile.photons and tile.harmonics from frames at[0..n), n <= 64.
  void load(const BinnedFrames& frames, std::span<const std::size_t> at, FrameTile& tile,
            Scratch& scratch) const;
  /// The E step on a loaded tile with its beta (and fluence, where known): posterior and result.
  void expect(FrameTile& tile, Scratch& scratch) const;
  /// Fills tile.best after expect() with that scratch; `most` is at most K.
  void rank_classes(std::size_t most, const Scratch& scratch, FrameTile& tile) const;
  /// The gains of a loaded tile: [T][K][lanes].
  std::vector<float> gains(FrameTile& tile) const;

 private:
  struct Softmax;
  void correlate(FrameTile& tile) const;
  void take_block(FrameTile& tile, std::size_t first, std::size_t count, Scratch& scratch,
                  Softmax& softmax) const;
  void conclude(FrameTile& tile, const Scratch& scratch, const Softmax& softmax) const;
  /// What the penalty of each lane is multiplied with: φ_d or N_d.
  const std::array<float, FrameTile::kLanes>& penalised(const FrameTile& tile) const {
    return fluence_ == FluenceUse::known ? tile.fluence : tile.photons;
  }
  void prepare_class(const RateModel& model, std::size_t k);

  std::size_t rings_, angles_, classes_ = 0, block_;
  std::vector<double> area_;
  std::vector<std::size_t> limit_, first_ring_;
  FluenceUse fluence_;
  double flat_expected_ = 0;  ///< A = Σ a
  AngularDft dft_;
  std::vector<std::vector<double>> area_re_, area_im_;  ///< [R][T/2+1] conj of â
  std::vector<double> analysis_;          ///< [T][2(T/2+1)] cos, then -sin: angles to harmonics
  std::vector<std::vector<float>> rows_;  ///< by harmonic: [2K][2·rings]: (Lr, Li), then (Li, -Lr)
  std::vector<double> expected_;          ///< [K][T] Z
  std::vector<float> penalty_;            ///< [K][T] Z − A, or ln(Z / A)
  std::vector<std::uint8_t> rotates_;
};

}  // namespace spi
