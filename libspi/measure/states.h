// SPDX-License-Identifier: GPL-3.0-or-later
// How far states that a landscape gives agree with a series of known ones.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/io/table.h"
#include "libspi/volume/volume_fsc.h"

namespace spi {

struct StateMatch {
  std::size_t nearest = 0;  ///< number of the known volume with the largest mean correlation
  double correlation = 0;   ///< that mean over the shells
  Resolution half = {};     ///< where the Fourier shell correlation with it falls below 1/2
  double q_end = 0;         ///< 1/Å, where the curve ends
};

/// Each volume of `states` against all of `known`, in the same frame (none is turned), on the
/// coarser grid of the two. Volumes are held one of `states` and all of `known` at a time.
std::vector<StateMatch> match_states(const std::filesystem::path& states,
                                     const std::filesystem::path& known, int threads,
                                     Monitor& monitor);

/// state, nearest, correlation, q_half_per_A (NaN: nowhere above 1/2), q_end_per_A, beyond (1: it
/// never falls below 1/2).
std::vector<Column> state_table(const std::vector<StateMatch>& matches);

/// "9 states, worst: FSC 0.5: 0.0123 1/Å = 81.3 Å; 8 agree to the end of q".
std::string summary(const std::vector<StateMatch>& matches);

}  // namespace spi
