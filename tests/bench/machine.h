// SPDX-License-Identifier: GPL-3.0-or-later
// What the machine can do, measured in the same process as the work that is held against it.
#pragma once

#include <cblas.h>

#include <algorithm>
#include <ctime>
#include <vector>

namespace spi::bench {

/// Processor seconds of this thread, or of all of the process: neighbours on the machine count
/// less than on the wall.
inline double processor_seconds(clockid_t clock = CLOCK_THREAD_CPUTIME_ID) {
  timespec time{};
  clock_gettime(clock, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

/// Single-precision matrix product on one thread, operations per second: the best of several, so
/// that neither a first call nor a neighbour lowers what is held against it.
inline double gemm_rate() {
  constexpr int kN = 1024, kRepeats = 8;
  openblas_set_num_threads(1);
  const std::vector<float> a(kN * kN, 1.f), b(kN * kN, 1.f);
  std::vector<float> c(kN * kN);
  double best = 0;
  for (int n = 0; n < kRepeats; ++n) {
    const double start = processor_seconds();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, kN, kN, kN, 1.f, a.data(), kN, b.data(),
                kN, 0.f, c.data(), kN);
    best = std::max(best, 2.0 * kN * kN * kN / (processor_seconds() - start));
  }
  return best;
}

}  // namespace spi::bench
