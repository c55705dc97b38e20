// SPDX-License-Identifier: GPL-3.0-or-later
// A field that begins as a known model. Includes LibTorch.
#pragma once

#include "libspi/base/monitor.h"
#include "libspi/io/model.h"
#include "models/reconstruction/pose_model.h"

namespace spi {

/// Fits the field to the intensities of a model of the same particle. UserError where it ends
/// inside the rim.
void teach_field(PoseModel& model, const Model& teacher, const Images& images, std::uint64_t seed,
                 int threads, Monitor& monitor);

}  // namespace spi
