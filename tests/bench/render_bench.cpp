// SPDX-License-Identifier: GPL-3.0-or-later
// A picture of 720 x 720 pixels of a ball sampled 161³ times; `pixels` counts rays of the first
// pass a second, shading and fine pixels included. Argument: threads.
#include <benchmark/benchmark.h>

#include <cmath>

#include "libspi/render/isosurface.h"

namespace {

spi::Field ball(std::size_t n) {
  spi::Field field{n, 1, {}};
  const double c = double(n / 2);
  for (std::size_t z = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x)
        field.values.push_back(
            float(0.35 * double(n) - std::hypot(double(x) - c, double(y) - c, double(z) - c)));
  return field;
}

void picture(benchmark::State& state) {
  const spi::Field field = ball(161);
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
