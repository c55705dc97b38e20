// SPDX-License-Identifier: GPL-3.0-or-later
// One iteration of 3D EMC on the grid (slices, E step, M step, the next model) against the
// machine's matrix-product rate, in one process, in processor seconds of one thread. `seconds` is
// an iteration, `of_gemm` the share of cblas_sgemm's rate on 1024³ that the harmonics' products
// alone (8 operations a ring, harmonic, frame and view, twice) make up.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <numeric>

#include "libspi/base/random.h"
#include "libspi/emc/volume_emc.h"
#include "libspi/geometry/detector_grid.h"
#include "libspi/selftest/machine.h"

namespace {

double now() { return spi::selftest::seconds(CLOCK_PROCESS_CPUTIME_ID); }

/// Frames of the middle of the NeurOrient paper's detector, 64 × 64 pixels: `photons` each, falling
/// with the cube of q.
void write_frames(const std::filesystem::path& path, std::size_t frames, double photons) {
  spi::Detector detector = spi::make_detector({.columns = 64,
                                               .rows = 64,
                                               .distance = {0.2},
                                               .pixel_size = {0.1 / 128},
                                               .photon_energy = {4600}});
  spi::add_beam_stop(detector, 2);
  std::vector<double> rate;
  for (std::size_t t = 0; t < detector.pixels(); ++t)
    rate.push_back(std::pow(2 + std::hypot(double(t % 64) - 31.5, double(t / 64) - 31.5), -3.));
  const double scale = photons / std::reduce(rate.begin(), rate.end());
  const auto writer = spi::create_frames(path, spi::FrameFormat::spi, detector, {});
  for (std::size_t d = 0; d < frames; ++d) {
    spi::Random random(1, 0, d);
    spi::FrameBlock block;
    block.start = {0};
    std::vector<std::uint32_t> counts;
    for (const double r : rate) counts.push_back(std::uint32_t(random.poisson(scale * r)));
    block.append_dense(d, counts);
    writer->append(block);
  }
  writer->finish();
}

/// `views` view directions × `angles` in-plane angles.
void emc_iteration(benchmark::State& state) {
  const auto frames = std::size_t(state.range(0)), photons = std::size_t(state.range(1));
  const auto views = std::size_t(state.range(2)), angles = std::size_t(state.range(3));
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("spi-emc-bench-" + std::to_string(getpid()));
  write_frames(path, frames, double(photons));
  spi::Monitor& monitor = spi::silent_monitor();
  spi::FrameSource source({path}, {}, {}, monitor);
  spi::EmcOptions options;
  options.polar.angles = angles;
  options.polar.full_turn = true;
  spi::FrameStore store(source, options.polar, options.brightest, 1e9, monitor);
  const double reach = spi::q_radius(store.detector(), store.binning().radii_px().back() + 0.5);
  const spi::PointGroup laue = spi::laue_class(spi::point_group("C1"));
  double spacing = std::sqrt(4 * std::numbers::pi / double(views));
  const spi::EmcSetting setting{store, laue, 2, 2 * std::size_t(2 * reach + 3) + 1, spacing, 42};
  spi::VolumeEmc emc(setting, options, 1, monitor);
  emc.start();
  double seconds = 0;
  for (auto _ : state) {
    const double start = now();
    emc.iterate();
    seconds += now() - start;
  }
  std::filesystem::remove(path);
  const auto limit = spi::ring_limits(store.binning());
  const double harmonics = std::accumulate(limit.begin(), limit.end(), double(limit.size()));
  const double looked = double(spi::view_grid(laue, spacing).zone_views());
  const double iteration = seconds / double(state.iterations());
  state.counters["orientations"] = looked * double(angles);
  state.counters["voxels"] = double(setting.size);
  state.counters["seconds"] = iteration;
  state.counters["of_gemm"] =
      2 * 8 * harmonics * looked * double(frames) / iteration / spi::selftest::gemm_rate();
}

}  // namespace

BENCHMARK(emc_iteration)
    ->ArgNames({"frames", "photons", "views", "angles"})
    ->Args({2000, 1000, 170, 64})
    ->Args({3000, 1000, 1000, 96})
    ->Iterations(4)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
