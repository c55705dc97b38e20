// SPDX-License-Identifier: GPL-3.0-or-later
// The CC matrix against the machine's matrix-product rate and against the slow definition, all in
// one process, in processor seconds of all its threads. `gemm` counts 2·F operations per pair of
// lines a second and core; `of_gemm` is its share of the rate of cblas_sgemm on 1024³ on one;
// `times_reference` compares one core with one core.
#include <benchmark/benchmark.h>

#include "libspi/base/random.h"
#include "libspi/commonline/cc_matrix.h"
#include "libspi/selftest/machine.h"
#include "libspi/selftest/reference/cc_reference.h"

namespace {

double now() { return spi::selftest::seconds(CLOCK_PROCESS_CPUTIME_ID); }

constexpr std::size_t kAngles = 180;

spi::LineSet lines(std::size_t patterns, std::size_t features) {
  spi::LineSet set{
      patterns, kAngles, features, std::vector<float>(patterns * kAngles * features), {}};
  spi::Random random(1, 0, 0);
  for (float& x : set.values) x = float(random.uniform() - 0.5);
  return set;
}

/// Seconds a pair of patterns takes by the definition, on one core.
double reference_seconds_per_pair(std::size_t features) {
  const spi::LineSet set = lines(3, features);
  const double start = now();
  double sum = 0;
  for (std::size_t j = 1; j < 3; ++j) sum += spi::reference::best_correlation(set, 0, j);
  benchmark::DoNotOptimize(sum);
  return (now() - start) / 2;
}

void cc_matrix(benchmark::State& state) {
  const auto patterns = std::size_t(state.range(0)), features = std::size_t(state.range(1));
  const int threads = int(state.range(2));
  const spi::LineSet set = lines(patterns, features);
  const double pairs = double(patterns) * double(patterns - 1) / 2;
  double seconds = 0;
  for (auto _ : state) {
    const double start = now();
    benchmark::DoNotOptimize(spi::cc_matrix(set, {}, threads, spi::silent_monitor()).values.data());
    seconds += now() - start;
  }
  seconds /= double(state.iterations());
  const double rate = 2.0 * double(features) * kAngles * kAngles * pairs / seconds;
  state.counters["gemm"] = rate;
  state.counters["of_gemm"] = rate / spi::selftest::gemm_rate();
  state.counters["us_per_pair"] = seconds / pairs * 1e6;
  state.counters["processor_s"] = seconds;
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
