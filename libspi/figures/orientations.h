// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of orientations: where the patterns look from, how well the reference explains them.
#pragma once

#include "libspi/orientation/orient.h"
#include "libspi/plot/figure.h"

namespace spi {

/// View directions folded into the zone of the Laue class, coloured by gain, in Lambert's
/// equal-area projection about the middle of the zone (uniform directions fill it evenly), with
/// the zone's border and the low-index directions in it.
plot::Figure views_figure(const OrientResult& result);

/// Histograms of gain and margin, and the correlation against the fitted size.
plot::Figure gain_figure(const OrientResult& result);

/// `count` patterns from the lowest to the highest gain, each above the slice that suits it best.
plot::Figure slices_figure(StackReader& stack, const OrientResult& result, std::size_t count);

}  // namespace spi
