// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selftest/machine.h"

#include <cblas.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "libspi/base/parallel.h"

namespace spi::selftest {

double seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

double gemm_rate(int threads, clockid_t clock) {
  constexpr int kN = 1024, kRepeats = 8;
  openblas_set_num_threads(1);
  const std::vector<float> a(kN * kN, 1.f), b(kN * kN, 1.f);
  std::vector<std::vector<float>> c(std::size_t(threads), std::vector<float>(kN * kN));
  double best = 0;
  for (int n = 0; n < kRepeats; ++n) {
    const double start = seconds(clock);
    parallel_for(c.size(), threads, [&](std::size_t i, int) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, kN, kN, kN, 1.f, a.data(), kN, b.data(),
                  kN, 0.f, c[i].data(), kN);
    });
    best = std::max(best, 2.0 * kN * kN * kN * threads / (seconds(clock) - start));
  }
  return best;
}

double copy_rate(int threads) {
  constexpr std::size_t kBytes = std::size_t(64) << 20;
  constexpr int kRepeats = 8;
  std::vector<std::vector<char>> from(std::size_t(threads), std::vector<char>(kBytes, 1));
  auto to = from;
  double best = 0;
  for (int n = 0; n < kRepeats; ++n) {
    const double start = seconds(CLOCK_MONOTONIC);
    parallel_for(from.size(), threads,
                 [&](std::size_t i, int) { std::memcpy(to[i].data(), from[i].data(), kBytes); });
    best = std::max(best, 2.0 * double(kBytes) * threads / (seconds(CLOCK_MONOTONIC) - start));
  }
  return best;
}

Ceilings cpu_ceilings(int threads) {
  return {gemm_rate(threads, CLOCK_MONOTONIC), copy_rate(threads)};
}

#ifndef SPI_WITH_CUBLAS
Ceilings cuda_ceilings(int) { return {}; }
#endif

}  // namespace spi::selftest
