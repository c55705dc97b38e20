// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the CC matrix that a CUDA device makes. cc_matrix.cu where the build has CUDA,
// cc_matrix_no_cuda.cpp where not: then nobody may call it (cuda/devices.h).
#pragma once

#include <functional>

#include "libspi/commonline/cc_matrix.h"

namespace spi {

/// keep(i, j, value, place of the maximum a·A + b) for patterns first <= i < last and j > i, by
/// several threads at once; done(pairs) now and then. Lines without weights. Products are split
/// into three of TF32: for lines of unit norm, values are within (F + 32)·2^-22 of the exact ones
/// (docs/decisions/cuda.md). `process` of several on this machine takes its device.
void correlate_on_cuda(
    const LineSet& lines, std::size_t first, std::size_t last, std::size_t process, int threads,
    const std::function<void(std::size_t, std::size_t, float, std::size_t)>& keep,
    const std::function<void(std::size_t)>& done);

}  // namespace spi
