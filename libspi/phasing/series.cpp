// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/series.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "libspi/io/volume_series.h"

namespace spi {
namespace {

constexpr std::size_t kFewestForPrtf = 6;  ///< random phases of fewer starts average above 1/e

template <int Rank>
class Series {
 public:
  using Densities = std::vector<std::vector<float>>;

  Series(PhasingInput& input, const PhasingOptions& options, std::uint64_t seed, int threads,
         Monitor& monitor)
      : input_(input),
        options_(options),
        seed_(seed),
        threads_(threads),
        monitor_(monitor),
        fft_(Grid<Rank>{input.n()}) {
    if (options.support.kind == SupportKind::file && !options.support.file)
      fail_usage("--support file needs --support-file");
    if (options.support.file) read_support(*options.support.file);
  }

  void run(const std::function<void(const PhasedState&)>& sink) {
    Progress progress(monitor_, "phasing",
                      input_.count() * options_.starts * options_.recipe.iterations());
    for (std::size_t index = 0; index < input_.count(); ++index) {
      const std::string name = text_of(Rank == 3 ? "volume " : "pattern ", index);
      sink(with_context("phasing " + name, [&] { return run_one(index, name, progress); }));
    }
  }

 private:
  PhasedState run_one(std::size_t index, const std::string& name, Progress& progress) {
    const Intensity intensity = input_.read(index);
    const Problem<Rank> problem =
        make_problem<Rank>(input_.n(), intensity.values, intensity.free, name);
    Phased<Rank> phased = phase(problem, fft_, given_, previous_, options_, seed_, index, threads_,
                                monitor_, progress);
    // A support by number of voxels or by mass is where the density is, not where it may be.
    const HiddenModes hidden = hidden_modes(problem, fft_, above(phased.best, 0), threads_);
    if (!last_mean_.empty()) join_to_last(phased);
    last_mean_ = phased.ensemble.mean;
    PhasedState state = state_of(index, problem, phased, hidden);
    say(name, problem, state);
    if (options_.start == StartFrom::previous) {
      previous_ = std::move(phased.densities);
      for (std::size_t start = 0; start < previous_.size(); ++start)
        if (!state.agrees[start]) previous_[start] = last_mean_;
    }
    return state;
  }

  std::vector<std::complex<float>> spectrum_of(const std::vector<float>& density) const {
    std::vector<std::complex<float>> spectrum(fft_.grid().spectrum_size());
    fft_.forward(density.data(), spectrum.data(), threads_);
    return spectrum;
  }

  /// Everything by whole voxels, so that densities stay what their starts found.
  void join_to_last(Phased<Rank>& phased) const {
    const Grid<Rank>& grid = fft_.grid();
    const Aligner<Rank> aligner(fft_, spectrum_of(last_mean_), threads_);
    const Placement<Rank> placement = aligner.place(spectrum_of(phased.ensemble.mean));
    std::array<std::ptrdiff_t, std::size_t(Rank)> shift;
    for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis)
      shift[axis] = std::lround(placement.shift_voxels[axis]);
    const auto move = [&](auto& values) {
      if (placement.twin) values = inverted(grid, values);
      values = rolled(grid, values, shift);
    };
    move(phased.best);
    move(phased.support);
    move(phased.ensemble.mean);
    for (auto& density : phased.densities) move(density);
  }

  PhasedState state_of(std::size_t index, const Problem<Rank>& problem, const Phased<Rank>& phased,
                       const HiddenModes& hidden) const {
    const std::size_t n = input_.n(), depth = Rank == 3 ? n : 1;
    const auto written = [&](const std::vector<float>& density) {
      return options_.band_limit ? band_limited(problem, fft_, density, threads_) : density;
    };
    PhasedState state;
    state.index = index;
    state.n = n;
    state.rank = Rank;
    state.mean = Volume{depth, n, n, written(phased.ensemble.mean), input_.voxel_size_A()};
    state.best = Volume{depth, n, n, written(phased.best), input_.voxel_size_A()};
    state.support.assign(phased.support.begin(), phased.support.end());
    state.error = phased.errors;
    for (const Placement<Rank>& placement : phased.ensemble.placements)
      state.correlation.push_back(placement.correlation);
    state.agrees = phased.ensemble.agrees;
    state.history = phased.history;
    state.shells = phased.ensemble.shells;
    state.background = phased.background;
    if (!phased.background.empty())
      state.background_share =
          1 - without_background(problem, phased.background).power / problem.power;
    state.hidden = hidden;
    state.measured = problem.measured;
    state.negative = problem.negative;
    state.free = problem.grid.size() - problem.measured;
    return state;
  }

  void say(const std::string& name, const Problem<Rank>& problem, const PhasedState& state) const {
    if (problem.negative > 0) {
      char share[32];
      std::snprintf(share, sizeof share, "%.2g", 100 * problem.negative_power / problem.power);
      monitor_.info(text_of(name, ": ", problem.negative, " of ", problem.measured,
                            " measured voxels are below 0 (", share,
                            " % of the power) and count as 0"));
    }
    if (!state.background.empty()) {
      char share[32];
      std::snprintf(share, sizeof share, "%.3g", 100 * state.background_share);
      monitor_.info(text_of(name, ": the background takes ", share, " % of the measured power"));
    }
    const std::string modes = state.hidden.summary();
    if (!modes.empty()) monitor_.info(name + ": " + modes);
    const auto resolution = state.resolution_A();
    char quality[160];
    if (resolution)
      std::snprintf(quality, sizeof quality, "PRTF falls below 1/e at %.4g 1/Å (%.4g Å)",
                    1 / *resolution, *resolution);
    else
      std::snprintf(quality, sizeof quality, "PRTF stays above 1/e up to %.4g 1/Å (%.4g Å)",
                    state.q(double(state.n) / 2), 1 / state.q(double(state.n) / 2));
    monitor_.info(
        text_of(name, ": ", state.agreeing(), " of ", state.error.size(),
                " starts agree with the best, error ",
                print_number(std::round(1e4 * *std::ranges::min_element(state.error)) / 1e4), "; ",
                quality));
    if (state.error.size() < kFewestForPrtf)
      monitor_.warn(text_of(
          "the PRTF of ", state.error.size(), " starts means little: random phases would reach ",
          print_number(std::round(88.6 / std::sqrt(double(state.error.size()))) / 100),
          "; take at least ", kFewestForPrtf));
    else if (2 * state.agreeing() < state.error.size())
      monitor_.warn(name + ": fewer than half of the starts agree; the density is not reliable");
    warn_of_point(name, state.best);
  }

  /// White noise of positive mean has the autocorrelation of a point, which every start then finds.
  void warn_of_point(const std::string& name, const Volume& best) const {
    const float least = 0.1f * *std::ranges::max_element(best.values);
    const auto bright = std::ranges::count_if(best.values, [=](float v) { return v > least; });
    if (bright <= (Rank == 3 ? 27 : 9))
      monitor_.warn(text_of(name, ": the density is a point of ", bright,
                            " voxels: the intensities are flat, as noise is, and a high PRTF says "
                            "nothing of a particle"));
  }

  void read_support(const std::filesystem::path& path) {
    const Volume volume = open_volumes(path)->read(0);
    const std::size_t n = input_.n();
    if (volume.nx != n || volume.ny != n || volume.nz != (Rank == 3 ? n : 1))
      fail(path.string(), ": the support has ", volume.nz, " x ", volume.ny, " x ", volume.nx,
           " voxels, the input ", n, " a side");
    for (const float value : volume.values) given_.push_back(value > 0);
  }

  PhasingInput& input_;
  const PhasingOptions& options_;
  std::uint64_t seed_;
  int threads_;
  Monitor& monitor_;
  PlaneFft<Rank> fft_;
  std::vector<std::uint8_t> given_;
  Densities previous_;
  std::vector<float> last_mean_;
};

}  // namespace

std::optional<double> PhasedState::resolution_A() const {
  if (!shells.resolution_shell) return std::nullopt;
  return 1 / q(*shells.resolution_shell);
}

std::size_t PhasedState::agreeing() const { return std::size_t(std::ranges::count(agrees, true)); }

PhasedState PhasedState::lean(bool with_mean) const {
  PhasedState out;
  out.index = index;
  out.n = n;
  out.rank = rank;
  out.best = Volume{best.nz, best.ny, best.nx, {}, best.voxel_size_A};
  out.mean = with_mean ? mean : out.best;
  out.error = error;
  out.correlation = correlation;
  out.agrees = agrees;
  out.history = history;
  out.shells = shells;
  out.hidden = hidden;
  return out;
}

void phase_series(PhasingInput& input, const PhasingOptions& options, std::uint64_t seed,
                  int threads, Monitor& monitor,
                  const std::function<void(const PhasedState&)>& sink) {
  check_options(options);
  if (input.rank() == 3)
    Series<3>(input, options, seed, threads, monitor).run(sink);
  else
    Series<2>(input, options, seed, threads, monitor).run(sink);
}

std::vector<Column> prtf_table(const std::vector<PhasedState>& states) {
  constexpr const char* kNames[] = {"state", "shell",         "q_per_A", "resolution_A",
                                    "prtf",  "prtf_agreeing", "error",   "voxels"};
  std::vector<Column> table = empty_columns(kNames);
  for (const PhasedState& state : states)
    for (std::size_t s = 0; s < state.shells.prtf.size(); ++s) {
      const double q = state.q(double(s));
      const double row[] = {double(state.index),
                            double(s),
                            q,
                            s > 0 ? 1 / q : std::nan(""),
                            state.shells.prtf[s],
                            state.shells.prtf_agreeing[s],
                            state.shells.error[s],
                            double(state.shells.bins[s])};
      append_row(table, row);
    }
  return table;
}

std::vector<Column> error_table(const std::vector<PhasedState>& states) {
  constexpr const char* kNames[] = {"state", "start", "iteration", "fourier_error", "change"};
  std::vector<Column> table = empty_columns(kNames);
  for (const PhasedState& state : states)
    for (std::size_t start = 0; start < state.history.size(); ++start)
      for (std::size_t n = 0; n < state.history[start].size(); ++n) {
        const IterationError& error = state.history[start][n];
        const double row[] = {double(state.index), double(start), double(n + 1), error.fourier,
                              error.change};
        append_row(table, row);
      }
  return table;
}

}  // namespace spi
