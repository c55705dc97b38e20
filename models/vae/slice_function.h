// SPDX-License-Identifier: GPL-3.0-or-later
// Symmetrised slicing as an operation that LibTorch differentiates.
#pragma once

#include <vector>

#include "libspi/learn/torch.h"
#include "libspi/volume/device_slicing.h"
#include "libspi/volume/slicing.h"

namespace spi::vae {

/// volumes [B, voxels] float -> values [B, P] by Slicer::slice; backwards by Slicer::adjoint. The
/// slicer must outlive the graph. B orientations, `threads` for both ways.
/// With `there`, made of the slicer on the device of `volumes`, both ways are its: the host waits
/// for neither, and LibTorch's current stream must be the default one.
at::Tensor slice_volumes(const at::Tensor& volumes, const Slicer& slicer,
                         std::vector<Quaternion> model_from_lab, int threads,
                         const DeviceSlicer* there = nullptr);

}  // namespace spi::vae
