// SPDX-License-Identifier: GPL-3.0-or-later
// Symmetrised slicing as an operation that LibTorch differentiates.
#pragma once

#include <vector>

#include "libspi/learn/torch.h"
#include "libspi/volume/slicing.h"

namespace spi::vae {

/// volumes [B, voxels] float -> values [B, P] by Slicer::slice; backwards by Slicer::adjoint. The
/// slicer must outlive the graph. B orientations, `threads` for both ways.
at::Tensor slice_volumes(const at::Tensor& volumes, const Slicer& slicer,
                         std::vector<Quaternion> model_from_lab, int threads);

}  // namespace spi::vae
