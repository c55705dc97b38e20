// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of a reconstruction: model, agreement of half sets, orientations, convergence.
#pragma once

#include "libspi/io/model.h"
#include "libspi/plot/figure.h"

namespace spi {

/// Central sections of the intensity perpendicular to <100>, <110> and <111>, logarithmic.
plot::Figure model_figure(const Model& model);

/// The correlation of the half sets by shell; the model has one.
plot::Figure model_fsc_figure(const Model& model);

/// View directions over the sphere by Mollweide's equal-area projection, and the histograms of
/// posterior width and fluence.
plot::Figure model_poses_figure(const Model& model);

/// Gain, width, turn and agreement of the half sets by iteration.
plot::Figure model_convergence_figure(const Model& model);

/// Errors of orientations against the truth, in degrees, and the intensities' correlation where it
/// is known (else empty).
plot::Figure evaluation_figure(const std::vector<double>& error_deg, const std::vector<double>& q,
                               const std::vector<double>& fsc);

}  // namespace spi
