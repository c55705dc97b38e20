// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of an absolute embedding: how well it learned, and where new patterns lie.
#pragma once

#include "libspi/embedding/landscape.h"
#include "libspi/plot/figure.h"

namespace spi {

/// Predicted over true coordinates, one panel for each of up to the first 4 components, training
/// and held-out patterns apart, with R² of the held-out ones. predicted [N][C], held_out [N].
plot::Figure validation_figure(const Coordinates& landscape, const std::vector<float>& predicted,
                               const std::vector<std::uint8_t>& held_out,
                               const std::vector<double>& r2);

/// Patterns (values [n][C]) over the landscape that they were placed in, in grey: pairs of the
/// first three components, those outside of the trained set (outside [n]) apart.
plot::Figure placement_figure(const Coordinates& landscape, const std::vector<float>& values,
                              const std::vector<std::uint8_t>& outside);

}  // namespace spi
