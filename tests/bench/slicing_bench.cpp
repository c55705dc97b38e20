// SPDX-License-Identifier: GPL-3.0-or-later
// Slicing of ten free boxes (m-3m: six lookups of eight voxels a point) and its adjoint; `points`
// counts query points a second.
#include <benchmark/benchmark.h>

#include "libspi/volume/slicing.h"

namespace {

struct Case {
  spi::Slicer slicer;
  std::vector<spi::Quaternion> q;
  std::vector<float> volumes, values;

  Case(std::size_t size, std::size_t patterns)
      : slicer(spi::FreeBox(size, spi::point_group("m-3m")), spi::disc_points(size, 1e-4, 2.0)),
        volumes(patterns * slicer.box().voxels(), 1.f),
        values(patterns * slicer.points().size(), 1.f) {
    spi::Random random(1, 0, 0);
    for (std::size_t i = 0; i < patterns; ++i) q.push_back(spi::random_rotation(random));
  }
};

void slice(benchmark::State& state) {
  Case c(std::size_t(state.range(0)), 10);
  for (auto _ : state) c.slicer.slice(c.volumes, c.q, c.values, int(state.range(1)));
  state.counters["points"] =
      benchmark::Counter(double(state.iterations() * c.values.size()), benchmark::Counter::kIsRate);
}

void adjoint(benchmark::State& state) {
  Case c(std::size_t(state.range(0)), 10);
  for (auto _ : state) c.slicer.adjoint(c.values, c.q, c.volumes, int(state.range(1)));
  state.counters["points"] =
      benchmark::Counter(double(state.iterations() * c.values.size()), benchmark::Counter::kIsRate);
}

}  // namespace

BENCHMARK(slice)
    ->Args({81, 1})
    ->Args({161, 1})
    ->Args({161, 2})
    ->Args({243, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(adjoint)
    ->Args({81, 1})
    ->Args({161, 1})
    ->Args({161, 2})
    ->Args({243, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
