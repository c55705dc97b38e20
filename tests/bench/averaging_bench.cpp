// SPDX-License-Identifier: GPL-3.0-or-later
// One iteration of averaging (E step and M step) against the machine's matrix-product rate, in one
// process, in processor seconds. `pairs` counts frames × classes a second; `of_gemm` is the share
// of cblas_sgemm's rate on 1024³ that the harmonics' products alone (8 operations a ring, harmonic
// and pair, twice) make up; transforms, exponentials and memory traffic are the rest.
#include <benchmark/benchmark.h>

#include <numeric>

#include "libspi/base/parallel.h"
#include "libspi/base/random.h"
#include "libspi/polar/rate_sums.h"
#include "libspi/selftest/machine.h"

namespace {

using spi::FrameTile;

constexpr std::size_t kTiles = 4;  ///< 256 frames in flight

double now() { return spi::selftest::seconds(); }
double seconds_since(double start) { return now() - start; }

/// Frames of `photons` photons spread evenly over the bins.
spi::BinnedFrames frames_of(std::size_t frames, std::size_t photons, std::size_t bins) {
  spi::BinnedFrames binned;
  spi::Random random(1, 0, 0);
  for (std::size_t d = 0; d < frames; ++d) {
    for (std::size_t n = 0; n < photons; ++n)
      binned.entry.push_back(std::uint32_t(random.below(bins)) << 8);
    binned.start.push_back(binned.entry.size());
    binned.photons.push_back(float(photons));
  }
  return binned;
}

spi::RateModel model_of(std::size_t classes, std::size_t rings, std::size_t angles) {
  spi::RateModel model{classes, rings, angles, {}, std::vector<std::uint8_t>(classes, 1)};
  spi::Random random(2, 0, 0);
  for (std::size_t n = 0; n < classes * rings * angles; ++n)
    model.rate.push_back(float(0.5 + random.uniform()));
  return model;
}

void averaging_iteration(benchmark::State& state) {
  const auto rings = std::size_t(state.range(0)), angles = std::size_t(state.range(1));
  const auto classes = std::size_t(state.range(2));
  const float beta = float(state.range(3)) / 100;
  std::vector<std::size_t> limit;
  for (std::size_t i = 0; i < rings; ++i)
    limit.push_back(std::min(angles / 2, std::size_t(3.1416 * double(i + 2) / 2) + 1));
  spi::LikelihoodEngine engine(rings, angles, std::vector<double>(rings * angles, 0.4), limit,
                               spi::FluenceUse::free);
  engine.set_model(model_of(classes, rings, angles), 1);
  const spi::BinnedFrames frames = frames_of(kTiles * FrameTile::kLanes, 1000, rings * angles);
  std::vector<FrameTile> tiles(kTiles);
  spi::LikelihoodEngine::Scratch scratch;
  double seconds = 0;
  for (auto _ : state) {
    const auto start = now();
    spi::RateSums sums(engine, 1e9);
    for (int pass = 0; pass < 4; ++pass) {
      for (std::size_t n = 0; n < kTiles; ++n) {
        std::vector<std::size_t> at(FrameTile::kLanes);
        std::iota(at.begin(), at.end(), n * FrameTile::kLanes);
        engine.load(frames, at, tiles[n], scratch);
        tiles[n].beta.fill(beta);
        engine.expect(tiles[n], scratch);
      }
      sums.add(tiles, std::size_t(pass) * kTiles, 1);
    }
    benchmark::DoNotOptimize(&sums);
    seconds += seconds_since(start);
  }
  const double pairs =
      4. * kTiles * FrameTile::kLanes * double(classes) * double(state.iterations());
  const double harmonics = std::accumulate(limit.begin(), limit.end(), double(rings));
  state.counters["pairs"] = pairs / seconds;
  state.counters["of_gemm"] = 2 * 8 * harmonics * pairs / seconds / spi::selftest::gemm_rate();
}

}  // namespace

BENCHMARK(averaging_iteration)
    ->ArgNames({"rings", "angles", "classes", "beta_percent"})
    ->Args({40, 64, 200, 100})
    ->Args({40, 64, 200, 4})
    ->Args({40, 64, 60, 100})
    ->Iterations(3)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
