// SPDX-License-Identifier: GPL-3.0-or-later
// One iteration of phasing against the two whole transforms that it needs at least, by FFTW's own
// three-dimensional plans (estimated, like ours), on one thread and in the same run. `ratio` is
// iteration over transforms in processor seconds.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "libspi/base/random.h"
#include "libspi/phasing/engine.h"
#include "libspi/selftest/machine.h"

namespace {

double now() { return spi::selftest::seconds(); }

/// A real transform forward and one backward.
class TwoTransforms {
 public:
  explicit TwoTransforms(spi::Grid<3> grid)
      : real_(fftwf_alloc_real(grid.size())), complex_(fftwf_alloc_complex(grid.spectrum_size())) {
    const int n = int(grid.n);
    std::fill_n(real_, grid.size(), 1.f);
    forward_ = fftwf_plan_dft_r2c_3d(n, n, n, real_, complex_, FFTW_ESTIMATE);
    backward_ = fftwf_plan_dft_c2r_3d(n, n, n, complex_, real_, FFTW_ESTIMATE);
  }
  ~TwoTransforms() {
    fftwf_destroy_plan(forward_);
    fftwf_destroy_plan(backward_);
    fftwf_free(real_);
    fftwf_free(complex_);
  }
  TwoTransforms(const TwoTransforms&) = delete;
  TwoTransforms& operator=(const TwoTransforms&) = delete;
  double seconds() {
    const double start = now();
    fftwf_execute(forward_);
    fftwf_execute(backward_);
    return now() - start;
  }

 private:
  float* real_;
  fftwf_complex* complex_;
  fftwf_plan forward_, backward_;
};

void phasing_iteration(benchmark::State& state) {
  const spi::Grid<3> grid{std::size_t(state.range(0))};
  const bool by_volume = state.range(1) != 0;
  spi::Problem<3> problem;
  problem.grid = grid;
  problem.power = 1;
  spi::Random random(1, 0, 0);
  problem.modulus.resize(grid.spectrum_size());
  for (float& modulus : problem.modulus) modulus = float(random.uniform());
  spi::RealConstraint constraint;
  constraint.region.assign(grid.size(), 1);
  if (by_volume) constraint.voxels = grid.size() / 20;
  const spi::PlaneFft<3> fft(grid);
  spi::PhasingEngine<3> engine(problem, fft, constraint, 1);
  for (float& x : engine.x()) x = float(random.uniform());
  TwoTransforms transforms(grid);
  transforms.seconds();
  double least = 0, ours = 0;
  for (auto _ : state) {
    least += transforms.seconds();
    const double start = now();
    engine.iterate({spi::Algorithm::DM, 1, 1});
    ours += now() - start;
  }
  state.counters["ratio"] = ours / least;
  state.counters["ms_iteration"] = 1e3 * ours / double(state.iterations());
  state.counters["ms_transforms"] = 1e3 * least / double(state.iterations());
}

}  // namespace

BENCHMARK(phasing_iteration)
    ->ArgNames({"n", "by_volume"})
    ->Args({161, 0})
    ->Args({161, 1})
    ->Args({81, 0})
    ->Args({64, 0})
    ->Iterations(10)
    ->Unit(benchmark::kMillisecond);
