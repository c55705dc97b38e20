// SPDX-License-Identifier: GPL-3.0-or-later
// The CC matrix against the machine's matrix-product rate and against the slow definition, all in
// one process. `gemm` counts 2·F operations per pair of lines; `of_gemm` is its share of the rate
// of cblas_sgemm on 1024³; `times_reference` compares one core with one core.
#include <benchmark/benchmark.h>
#include <cblas.h>

#include <chrono>

#include "libspi/base/parallel.h"
#include "libspi/base/random.h"
#include "libspi/commonline/cc_matrix.h"
#include "tests/reference/cc_reference.h"

namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr std::size_t kAngles = 180;

spi::LineSet lines(std::size_t patterns, std::size_t features) {
  spi::LineSet set{
      patterns, kAngles, features, std::vector<float>(patterns * kAngles * features), {}};
  spi::Random random(1, 0, 0);
  for (float& x : set.values) x = float(random.uniform() - 0.5);
  return set;
}

/// Single-precision matrix product, operations per second over `threads` threads.
double gemm_rate(int threads) {
  constexpr int kN = 1024, kRepeats = 6;
  openblas_set_num_threads(1);
  const std::vector<float> a(kN * kN, 1.f), b(kN * kN, 1.f);
  std::vector<std::vector<float>> c(threads, std::vector<float>(kN * kN));
  const auto run = [&] {
    spi::parallel_for(std::size_t(kRepeats * threads), threads, [&](std::size_t, int worker) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, kN, kN, kN, 1.f, a.data(), kN, b.data(),
                  kN, 0.f, c[worker].data(), kN);
    });
  };
  run();
  const auto start = Clock::now();
  run();
  return 2.0 * kN * kN * kN * kRepeats * threads / seconds_since(start);
}

/// Seconds a pair of patterns takes by the definition, on one core.
double reference_seconds_per_pair(std::size_t features) {
  const spi::LineSet set = lines(3, features);
  const auto start = Clock::now();
  double sum = 0;
  for (std::size_t j = 1; j < 3; ++j) sum += spi::reference::best_correlation(set, 0, j);
  benchmark::DoNotOptimize(sum);
  return seconds_since(start) / 2;
}

void cc_matrix(benchmark::State& state) {
  const auto patterns = std::size_t(state.range(0)), features = std::size_t(state.range(1));
  const int threads = int(state.range(2));
  const spi::LineSet set = lines(patterns, features);
  const double pairs = double(patterns) * double(patterns - 1) / 2;
  double seconds = 0;
  for (auto _ : state) {
    const auto start = Clock::now();
    benchmark::DoNotOptimize(spi::cc_matrix(set, {}, threads, spi::silent_monitor()).values.data());
    seconds += seconds_since(start);
  }
  seconds /= double(state.iterations());
  const double rate = 2.0 * double(features) * kAngles * kAngles * pairs / seconds;
  state.counters["gemm"] = rate;
  state.counters["of_gemm"] = rate / gemm_rate(threads);
  state.counters["us_per_pair"] = seconds / pairs * 1e6;
  if (threads == 1)
    state.counters["times_reference"] = reference_seconds_per_pair(features) / (seconds / pairs);
}

}  // namespace

BENCHMARK(cc_matrix)
    ->ArgNames({"patterns", "features", "threads"})
    ->Args({200, 24, 1})
    ->Args({200, 101, 1})
    ->Args({1000, 24, 2})
    ->Args({1000, 101, 2})
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kSecond);
