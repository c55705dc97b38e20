// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of class averages: the averages themselves, and how their runs converged.
#pragma once

#include "libspi/averaging/averaging.h"
#include "libspi/plot/figure.h"

namespace spi {

/// The averages in the order of their occupancy, at most `count`, each on its own logarithmic scale
/// under its number and occupancy.
plot::Figure averages_figure(const AveragingResult& result, std::size_t count);

/// Gain, information, frames that change class, and β against the iteration; a line a run.
plot::Figure convergence_figure(const AveragingResult& result);

}  // namespace spi
