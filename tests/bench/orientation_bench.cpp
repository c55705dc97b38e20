// SPDX-License-Identifier: GPL-3.0-or-later
// Correlation of patterns with all views of a reference against the machine's matrix-product rate,
// in one process, in processor seconds. `orientations` counts patterns × views × in-plane angles a
// second; `of_gemm` is the share of cblas_sgemm's rate on 1024³ that the arithmetic makes up (8
// operations a ring, harmonic and pair of pattern and view, and 2·T·M for the transform back).
#include <benchmark/benchmark.h>

#include <numeric>

#include "libspi/base/random.h"
#include "libspi/orientation/correlation_engine.h"
#include "libspi/selftest/machine.h"

namespace {

double now() { return spi::selftest::seconds(); }

/// The gold experiment at the default spacing: 56 rings, 240 angles; 305 views are m-3m's, 7341
/// C1's. `masked`: parts of the rings are not measured.
void orientation_search(benchmark::State& state) {
  constexpr std::size_t kRings = 56, kAngles = 240;
  const auto views = std::size_t(state.range(0));
  const bool masked = state.range(1) != 0;
  std::vector<std::size_t> limit;
  std::vector<float> weight;
  for (std::size_t i = 0; i < kRings; ++i) {
    limit.push_back(14 + i * 104 / kRings);
    weight.push_back(float(i + 5) / (kRings + 5));
  }
  spi::ViewCells cells{.cell = std::vector<std::uint32_t>(views, 0),
                       .counted = std::vector<std::uint8_t>(views, 1),
                       .cells = 1,
                       .stretches = 36};
  spi::CorrelationEngine engine(kRings, kAngles, weight, limit, cells);
  const auto fill = [](std::uint64_t id, std::span<float> out) {
    spi::Random random(1, 0, id);
    for (float& x : out) x = float(random.uniform());
  };
  engine.hold_views(0, views, masked, 1, fill);
  constexpr std::size_t kPatterns = spi::PatternTile::kLanes, kSize = kRings * kAngles;
  std::vector<float> x(kPatterns * kSize), measured(x.size(), 1.f);
  fill(1u << 20, x);
  for (std::size_t n = 0; masked && n < measured.size(); n += 7) measured[n] = 0;
  spi::PatternTile tile;
  spi::CorrelationEngine::Scratch scratch;
  double seconds = 0;
  for (auto _ : state) {
    const double start = now();
    engine.load(x, measured, tile);
    engine.correlate(tile, scratch);
    benchmark::DoNotOptimize(tile.highest.data());
    seconds += now() - start;
  }
  const double pairs = double(kPatterns * views) * double(state.iterations());
  double operations = 8 * double(std::accumulate(limit.begin(), limit.end(), kRings)) +
                      2. * kAngles * double(limit.back() + 1);
  if (masked) operations += 8. * kRings * (kAngles / 2 + 1) + 2. * kAngles * (kAngles / 2 + 1);
  state.counters["orientations"] = pairs * kAngles / seconds;
  state.counters["of_gemm"] = operations * pairs / seconds / spi::selftest::gemm_rate();
}

}  // namespace

BENCHMARK(orientation_search)
    ->ArgNames({"views", "masked"})
    ->Args({305, 0})
    ->Args({7341, 0})
    ->Args({305, 1})
    ->Iterations(3)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
