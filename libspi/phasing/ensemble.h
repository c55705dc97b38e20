// SPDX-License-Identifier: GPL-3.0-or-later
// What several starts say together: aligned, averaged, and where their phases agree.
#pragma once

#include <optional>
#include <vector>

#include "libspi/phasing/align.h"

namespace spi {

/// Sums over shells of width 1 bin, shell s holding radii [s - 1/2, s + 1/2), up to s = n/2 - 1/2.
/// NaN where a shell has no measured bin of positive modulus.
struct ShellCurves {
  std::vector<double> prtf;           ///< of all starts
  std::vector<double> prtf_agreeing;  ///< of those that agree with the best
  std::vector<double> error;          ///< |mean F| - A, rms, over rms A
  std::vector<std::size_t> bins;      ///< measured, of the full spectrum
  /// Where prtf first falls below 1/e, interpolated; nullopt where it never does.
  std::optional<double> resolution_shell;
};

template <int Rank>
struct Ensemble {
  std::size_t best = 0;                     ///< start of the smallest error
  std::vector<Placement<Rank>> placements;  ///< of every start onto the best one
  std::vector<bool> agrees;                 ///< see join_starts
  std::vector<float> mean;                  ///< of the agreeing starts
  ShellCurves shells;

  std::size_t agreeing() const;
};

/// Aligns the densities (moved in place, by fractions of voxels) with the one of the smallest
/// error e; bins that are not measured do not count. A start agrees with it where they correlate to
/// `agreement` times 1 - e², the part of the power that is not noise to the best one itself, and
/// its error is below 2 e. The phase retrieval transfer function of a shell is
///   PRTF = sum A |mean over starts of F/|F|| / sum A   over its measured bins,
/// the mean of densities that have the measured moduli over these moduli (Chapman et al., JOSA A
/// 23, 1179 (2006)); it lies in [0, 1]. It counts every start: leaving out the ones that disagree
/// would make any noise look reproducible.
template <int Rank>
Ensemble<Rank> join_starts(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                           std::vector<std::vector<float>>& densities,
                           const std::vector<double>& errors, double agreement, int threads);

/// The density without the bins farther from zero frequency than every measured one.
template <int Rank>
std::vector<float> band_limited(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                                const std::vector<float>& density, int threads);

}  // namespace spi
