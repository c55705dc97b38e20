// SPDX-License-Identifier: GPL-3.0-or-later
// Which polar bin each pixel of a detector belongs to, and how much every bin sees.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "libspi/base/options.h"
#include "libspi/io/detector.h"
#include "libspi/polar/polar_grid.h"

namespace spi {

struct PolarBinningOptions {
  std::optional<double> r_min = {}, r_max = {};  ///< pixels from the beam
  std::optional<double> q_min = {}, q_max = {};  ///< 1/Å, instead of r_min and r_max
  double ring_width = 1;                         ///< pixels
  std::size_t angles = 128;                      ///< T over the full turn, a multiple of 4
  bool full_turn = false;                        ///< do not fold opposite pixels onto one another

  void describe(OptionSet& options);
};

/// Pixels t -> rings i × angles j. Ring i holds the pixels with r in [r_i - w/2, r_i + w/2), angle
/// j those with azimuth within half a step of j·step(). Folded (the default: I(q) = I(-q) at small
/// angles), azimuths are taken modulo π and angles() is half of options.angles. Only pixels whose
/// use is `good` take part.
class PolarBinning {
 public:
  static constexpr std::uint32_t kNoBin = 0xffffffff;
  static constexpr std::size_t kMostBins = std::size_t{1} << 24;  ///< there are fewer

  /// Automatic r_min: the innermost good pixel, at least 2 (below, a ring is a few pixels).
  /// Automatic r_max: the last unit-wide annulus of which half is measured. UserError where no ring
  /// is left, or more bins than BinnedFrames can tell apart.
  PolarBinning(const Detector& detector, const PolarBinningOptions& options);

  std::size_t rings() const { return radius_.size(); }
  std::size_t angles() const { return angles_; }  ///< T, of the folded range where folded
  std::size_t bins() const { return rings() * angles_; }
  std::size_t pixels() const { return bin_.size(); }
  bool folded() const { return folded_; }
  double step_rad() const { return step_; }
  const std::vector<double>& radii_px() const { return radius_; }
  /// [P] i·T + j, or kNoBin.
  const std::vector<std::uint32_t>& bin() const { return bin_; }
  /// [P] distance from the beam on the flat detector, pixels.
  const std::vector<float>& pixel_radius() const { return pixel_radius_; }

  /// Ring × angle sums of values[P] over the pixels of each bin: [R][T].
  std::vector<double> sum(std::span<const double> values) const;
  /// Takes pixels out (hot ones): drop[P] != 0.
  void exclude(std::span<const std::uint8_t> drop);

 private:
  std::size_t angles_;
  bool folded_;
  double step_;
  std::vector<double> radius_;
  std::vector<std::uint32_t> bin_;
  std::vector<float> pixel_radius_;
};

/// The radial mean Ī(r) of many frames: photons per frame and unit correction, from the good
/// pixels' summed counts in unit-wide annuli, neighbouring annuli pooled until each holds 100
/// photons (10 % statistics), between them linear in ln Ī. Positive everywhere.
class RadialMean {
 public:
  /// total[P]: counts summed over `frames` frames; correction[P]. UserError where the binned pixels
  /// hold no photon.
  RadialMean(const PolarBinning& binning, std::span<const double> correction,
             std::span<const double> total, std::size_t frames);

  double at(double radius_px) const;

  /// The area of the bins, [R][T]: a(i,j) = Σ over the bin's pixels of correction·Ī(r), with every
  /// pixel at its own radius, so that a rate of 1 is the mean pattern without a step at the rings'
  /// borders. Σ a = mean photons of a frame in the binned pixels.
  std::vector<double> area(const PolarBinning& binning, std::span<const double> correction) const;

 private:
  std::vector<double> radius_, log_mean_;
};

}  // namespace spi
