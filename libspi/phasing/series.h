// SPDX-License-Identifier: GPL-3.0-or-later
// Phasing of every image or volume of an input, one after the other, in one frame.
#pragma once

#include <functional>

#include "libspi/io/table.h"
#include "libspi/io/volume_file.h"
#include "libspi/phasing/input.h"
#include "libspi/phasing/modes.h"
#include "libspi/phasing/phasing.h"

namespace spi {

/// One density of a series; images have nz = 1.
struct PhasedState {
  std::size_t index = 0, n = 0;
  int rank = 3;
  Volume mean, best;                ///< of the starts that agree; of the smallest error
  std::vector<float> support;       ///< 1 where `best` was allowed to be
  std::vector<double> error;        ///< [starts]
  std::vector<double> correlation;  ///< [starts] with the best one
  std::vector<bool> agrees;         ///< [starts]
  std::vector<std::vector<IterationError>> history;  ///< [starts][iterations]
  ShellCurves shells;
  std::vector<float> background;  ///< intensity of shells 0, 1, ...; empty where none was asked for
  double background_share = 0;    ///< of the measured power
  HiddenModes hidden;
  std::size_t measured = 0, negative = 0, free = 0;

  /// q in 1/Å of shell `s` (may lie between shells).
  double q(double shell) const { return shell / (double(n) * best.voxel_size_A); }
  /// 1/q in Å where the PRTF falls below 1/e; nullopt where it never does.
  std::optional<double> resolution_A() const;
  std::size_t agreeing() const;
  /// Without best, support and (unless asked for) mean: what tables and curves need.
  PhasedState lean(bool with_mean) const;
};

/// Phases all of the input and hands each density to `sink` as it is ready. With
/// StartFrom::previous the starts of a state begin from those of the state before (from its mean
/// where one disagreed); either way a state's densities are moved onto, and if need be inverted
/// like, the state before, so that a series has one frame and one hand. Says what it does through
/// the monitor.
void phase_series(PhasingInput& input, const PhasingOptions& options, std::uint64_t seed,
                  int threads, Monitor& monitor,
                  const std::function<void(const PhasedState&)>& sink);

/// state, shell, q (1/Å), resolution (Å), PRTF of all starts, of the agreeing ones, error, voxels.
std::vector<Column> prtf_table(const std::vector<PhasedState>& states);
/// state, start, iteration, Fourier error, change.
std::vector<Column> error_table(const std::vector<PhasedState>& states);

}  // namespace spi
