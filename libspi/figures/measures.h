// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of measurements: sizes along a series, of classes, radial intensities (figures 5d, 9 and
// 10 of Zhuang et al. 2022).
#pragma once

#include "libspi/measure/report.h"
#include "libspi/plot/figure.h"

namespace spi {

/// The volumes against a coordinate, in nm³ and as growth, and edge and diameter.
plot::Figure series_figure(const Column& coordinate, const std::vector<DensitySize>& sizes,
                           std::size_t first);

/// Histograms of the volumes of clear cubes and balls.
plot::Figure fits_figure(const std::vector<SizeFit>& fits);

/// Radial intensities in the order of a coordinate, one row a pattern, beside the coordinate. `q`
/// is empty where it is not known: radii are then in pixels. Each row is scaled to mean 1.
plot::Figure radial_figure(const RadialSet& set, const Column& coordinate,
                           const std::vector<double>& q);

}  // namespace spi
