// SPDX-License-Identifier: GPL-3.0-or-later
// A training step of ten averages with m-3m: ours (free box, slices of it) and the usual way (whole
// cube, transposed convolutions, 48 copies averaged), one after the other in one run on the same
// threads. `times_usual` is the ratio of the times on the wall, `times_usual_cpu` that of processor
// seconds, which neighbours on the machine disturb less.
#include <benchmark/benchmark.h>

#include <chrono>
#include <ctime>

#include "libspi/learn/adam.h"
#include "libspi/learn/runtime.h"
#include "models/vae/training.h"
#include "tests/bench/usual_vae.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 10;

struct Times {
  double wall = 0, processor = 0;  ///< s
};

Times times_of(auto&& work) {
  const auto processor = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
  };
  const auto start = Clock::now();
  const double before = processor();
  work();
  return {std::chrono::duration<double>(Clock::now() - start).count(), processor() - before};
}

std::vector<spi::Quaternion> orientations() {
  std::vector<spi::Quaternion> result;
  spi::Random random(1, 0, 0);
  for (std::size_t n = 0; n < kBatch; ++n) result.push_back(spi::random_rotation(random));
  return result;
}

spi::vae::PatternSet patterns(std::size_t size) {
  spi::vae::PatternSet set;
  set.symmetry = "Oh";
  set.preprocessing = {.size = size,
                       .q_per_voxel = 1e-4,
                       .wavelength_A = 2.0,
                       .radial_mean = std::vector<double>(size / 2 + 1, 1.0)};
  set.points = spi::disc_points(size, 1e-4, 2.0);
  set.pose = orientations();
  set.gain.assign(kBatch, 1.f);
  set.scale.assign(kBatch, 1.f);
  for (std::size_t n = 0; n < kBatch; ++n) set.id.push_back(n);
  spi::Random random(2, 0, 0);
  for (std::size_t i = 0; i < kBatch * set.points.size(); ++i) {
    set.intensity.push_back(float(2 * random.uniform()));
    set.photons.push_back(20.f);
  }
  return set;
}

Times usual_step(std::size_t size, int threads) {
  spi::learn::set_threads(threads);
  spi::bench::UsualVae usual{std::int64_t(size)};
  spi::learn::Adam adam(usual, 0);
  const at::Tensor data =
      at::rand({std::int64_t(kBatch), 1, std::int64_t(size), std::int64_t(size)});
  return times_of([&] {
    usual.loss(data, orientations()).backward();
    adam.step(1e-3);
  });
}

void vae_step(benchmark::State& state) {
  const auto size = std::size_t(state.range(0));
  const int threads = int(state.range(1));
  const spi::vae::PatternSet set = patterns(size);
  spi::vae::VaeOptions options;
  options.precision = spi::vae::Precision(state.range(3));
  spi::vae::Model model = spi::vae::new_model(set, options, 1, threads, spi::silent_monitor());
  spi::vae::VaeTask task(model, set, options, {spi::alone(), threads});
  spi::learn::Adam adam(*model.network, 0);
  std::vector<std::size_t> rows(kBatch);
  for (std::size_t n = 0; n < kBatch; ++n) rows[n] = n;
  const auto step = [&] {
    spi::learn::Parts parts;
    const spi::learn::Step where{.generator = at::make_generator<at::CPUGeneratorImpl>(7)};
    task.loss(rows, where, parts).backward();
    adam.step(1e-3);
  };
  step();
  Times ours;
  for (auto _ : state) {
    const Times once = times_of(step);
    ours.wall += once.wall / double(state.max_iterations);
    ours.processor += once.processor / double(state.max_iterations);
  }
  state.counters["ours_s"] = ours.wall;
  state.counters["ours_cpu_s"] = ours.processor;
  if (state.range(2) == 0) return;
  const Times usual = usual_step(size, threads);
  state.counters["usual_s"] = usual.wall;
  state.counters["times_usual"] = usual.wall / ours.wall;
  state.counters["times_usual_cpu"] = usual.processor / ours.processor;
}

}  // namespace

BENCHMARK(vae_step)
    ->ArgNames({"size", "threads", "usual", "mixed"})
    ->Args({81, 1, 0, 0})
    ->Args({81, 2, 1, 0})
    ->Args({161, 1, 0, 0})
    ->Args({161, 1, 0, 1})
    ->Args({161, 2, 1, 0})
    ->Args({243, 2, 0, 0})
    ->Iterations(3)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
