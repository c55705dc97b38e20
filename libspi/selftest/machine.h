// SPDX-License-Identifier: GPL-3.0-or-later
// What the machine can do, measured in the same process as the work that is held against it.
#pragma once

#include <ctime>

namespace spi::selftest {

/// Seconds of that clock. Processor seconds, of this thread by default: neighbours on the machine
/// count less than on the wall (CLOCK_MONOTONIC).
double seconds(clockid_t clock = CLOCK_THREAD_CPUTIME_ID);

/// Single-precision matrix products of 1024³, one a thread at once, operations per second: the best
/// of several, so that neither a first call nor a neighbour lowers what is held against it.
double gemm_rate(int threads = 1, clockid_t clock = CLOCK_THREAD_CPUTIME_ID);

/// Copies of blocks that no cache holds, bytes read and written per second on the wall: the best.
double copy_rate(int threads);

/// Of a device: matrix products in operations per second, copies in bytes per second.
struct Ceilings {
  double gemm = 0, copy = 0;
};
Ceilings cpu_ceilings(int threads);
/// Of cuBLAS in single precision, and within the device's memory; unknown (0) without
/// cuBLAS.
Ceilings cuda_ceilings(int device);

}  // namespace spi::selftest
