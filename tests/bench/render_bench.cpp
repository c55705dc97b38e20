// SPDX-License-Identifier: GPL-3.0-or-later
// A picture of 720 x 720 pixels of a ball sampled 161³ times; `pixels` counts rays of the first
// pass a second, shading and fine pixels included. Argument: threads.
#include <benchmark/benchmark.h>

#include "libspi/render/isosurface.h"
#include "tests/unit/render/ball.h"

namespace {

void picture(benchmark::State& state) {
  const spi::Field field = spi::ball(161, 56);
  const spi::Camera camera = spi::camera_from(0.5, 0.4, 161. / 720);
  for (auto _ : state) {
    const spi::Isosurface surface(field, 0);
    benchmark::DoNotOptimize(
        spi::picture_of(surface, field, camera, {}, 720, 720, int(state.range(0))));
  }
  state.counters["pixels"] =
      benchmark::Counter(double(state.iterations()) * 720 * 720, benchmark::Counter::kIsRate);
}

}  // namespace

BENCHMARK(picture)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
