// SPDX-License-Identifier: GPL-3.0-or-later
// How LibTorch runs: its devices and threads.
#pragma once

#include <string>

namespace spi::learn {

/// CUDA devices that LibTorch can use; 0 with the reason in `why`. A CudaCount (base/device.h).
int cuda_devices(std::string* why);

/// From now on CUDA devices multiply in float32, where convolutions would be in TF32, and by
/// algorithms that give the same again.
void make_cuda_exact();

/// Threads of LibTorch's operations and of the BLAS behind them, for the calling thread. With 1,
/// results are bit for bit the same whatever --threads is; with more, sums may differ in rounding.
/// Threads that train side by side (parallel_for) each call it with 1.
void set_threads(int threads);

}  // namespace spi::learn
