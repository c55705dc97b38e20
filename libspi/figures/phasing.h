// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of phasing: densities, where their phases agree, how the starts converged.
#pragma once

#include "libspi/phasing/series.h"
#include "libspi/plot/figure.h"

namespace spi {

/// Which `shown` of `count` states a picture shows, the first and the last among them.
bool is_shown(std::size_t index, std::size_t count, std::size_t shown);

/// Central sections and projections along x, y and z of the states that hold their mean, a row
/// each; images as they are.
plot::Figure density_figure(const std::vector<PhasedState>& states);

/// PRTF against q, a line for each of up to eight states, with 1/e and the resolution.
plot::Figure prtf_figure(const std::vector<PhasedState>& states);

/// Fourier error against the iteration, a line a start of the first state.
plot::Figure error_figure(const std::vector<PhasedState>& states);

}  // namespace spi
