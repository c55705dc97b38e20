// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/phasing.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/parallel.h"
#include "libspi/base/random.h"

namespace spi {
namespace {

constexpr std::uint32_t kStartStep = 0x7068;  ///< keys the draws of starting densities
constexpr double kProgramBytes = 6e7;         ///< code, libraries, and what figures need
/// Of the width of a density over what its autocorrelation shows above the floor: a ball shows 0.92
/// of its width at a floor of 0.01, and half a voxel of surface on either side belongs to it.
constexpr double kRoom = 1.25;
constexpr std::size_t kClosing = 2;  ///< voxels around the autocorrelation

/// Uniform numbers inside the region, scaled to the measured power.
template <int Rank>
void draw_start(const Problem<Rank>& problem, const std::vector<std::uint8_t>& region,
                std::uint64_t seed, std::uint64_t id, std::vector<float>& x) {
  Random random(seed, kStartStep, id);
  double power = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = region[i] ? float(random.uniform()) : 0.f;
    power += double(x[i]) * double(x[i]);
  }
  const double wanted = problem.power / double(problem.grid.size());
  const float scale = power > 0 ? float(std::sqrt(wanted / power)) : 0.f;
  for (float& value : x) value *= scale;
}

/// Backgrounds are fitted on the processor.
Device device_of(const PhasingOptions& options) {
  return options.background ? Device::cpu : options.device;
}

/// One start: its own constraint where shrink-wrap changes it.
template <int Rank>
class Start {
 public:
  Start(const Problem<Rank>& problem, const PlaneFft<Rank>& fft, const RealConstraint& constraint,
        const PhasingOptions& options, int threads)
      : fft_(fft),
        options_(options),
        threads_(threads),
        extent_(constraint.region),
        constraint_(constraint),
        engine_(problem, fft, constraint_, threads, options.background, device_of(options)) {}

  PhasingEngine<Rank>& engine() { return engine_; }
  const RealConstraint& constraint() const { return constraint_; }

  void run(std::vector<IterationError>& history, Progress& progress) {
    double sigma = options_.support.shrink_sigma;
    Algorithm last = Algorithm::ER;
    for (const Step& step : options_.recipe.steps)
      for (std::size_t n = 0; n < step.iterations; ++n) {
        history.push_back(engine_.iterate(step));
        last = step.algorithm;
        if (options_.support.kind == SupportKind::shrink_wrap &&
            history.size() % options_.support.shrink_every == 0) {
          shrink(sigma);
          sigma = std::max(sigma * 0.99, options_.support.shrink_sigma_end);
        }
        progress.advance();
      }
    if (last != Algorithm::ER) engine_.project_modulus();
    engine_.project_real();
  }

 private:
  /// Around P x, within the first region; the iterate itself stays.
  void shrink(double sigma) {
    const std::vector<float> iterate = engine_.x();
    engine_.project_modulus();
    auto region = symmetrised(
        fft_.grid(),
        shrink_wrap(fft_, engine_.x(), sigma, options_.support.shrink_fraction, threads_),
        options_.support.symmetry);
    for (std::size_t i = 0; i < region.size(); ++i) region[i] = region[i] && extent_[i];
    constraint_.region = std::move(region);
    engine_.x() = iterate;
  }

  const PlaneFft<Rank>& fft_;
  const PhasingOptions& options_;
  int threads_;
  const std::vector<std::uint8_t>& extent_;
  RealConstraint constraint_;
  PhasingEngine<Rank> engine_;
};

}  // namespace

template <int Rank>
RealConstraint make_constraint(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                               const std::vector<std::uint8_t>& given,
                               const PhasingOptions& options, int threads, Monitor& monitor) {
  RealConstraint constraint;
  constraint.positive = !options.allow_negative;
  constraint.region = given;
  if (given.empty())
    constraint.region =
        above(autocorrelation(problem, fft, options.support.floor, threads), options.support.floor);
  constraint.region =
      symmetrised(problem.grid, std::move(constraint.region), options.support.symmetry);
  std::size_t volume = count_inside(constraint.region);
  double width = relative_width(problem.grid, constraint.region);
  if (given.empty()) {
    // The autocorrelation is at least twice as wide as the density.
    volume = std::size_t(double(largest_body<Rank>(constraint.region)) * std::pow(kRoom, Rank));
    width /= 2;
    // Noise makes an extent of scattered voxels: without its holes closed it would be a support so
    // tight that every start finds the same density.
    constraint.region = dilated(problem.grid, constraint.region, kClosing);
    if (width >= 0.5 - 1. / double(problem.grid.n))
      monitor.warn(
          "the autocorrelation fills the field: the oversampling may be below 2, and the "
          "density ambiguous; sample the intensity more finely");
  } else if (width > 0.5) {
    monitor.warn(text_of("the support takes ", print_number(std::round(100 * width)),
                         " % of the field's width: the oversampling is below 2, and the density "
                         "may be ambiguous; sample the intensity more finely"));
  }
  if (options.support.kind == SupportKind::voxels)
    constraint.voxels = options.support.voxels.value_or(volume);
  if (options.support.kind == SupportKind::mass)
    constraint.mass_fraction = options.support.mass_fraction;
  return constraint;
}

template <int Rank>
Workers plan_workers(const Grid<Rank>& grid, const PhasingOptions& options, int threads) {
  Workers workers;
  const double voxels = double(grid.size());
  const bool shrinks = options.support.kind == SupportKind::shrink_wrap;
  const double densities =
      4 * double(options.starts) * (options.start == StartFrom::previous ? 2 : 1);
  // The program itself; the input, its moduli and support, the last mean, and the densities.
  const double shared = kProgramBytes + voxels * (4.2 + 2 + 2 + 4 + densities);
  const double each = double(PhasingEngine<Rank>::bytes(grid)) + voxels * (shrinks ? 13 : 1) +
                      (options.background ? RadialBackground<Rank>::bytes(grid) : 0);
  // Then eight arrays join the starts, when none runs any more.
  const double joining = voxels * 8 * 4;
  // One start on a device keeps it busy; a second one fills the gaps while a host thread thinks.
  const std::size_t at_once = device_of(options) == Device::cuda ? 2 : std::size_t(threads);
  double most =
      double(std::min<std::size_t>(options.starts, std::min(at_once, std::size_t(threads))));
  if (options.max_memory) {
    const double free = options.max_memory->bytes - shared;
    if (free < std::max(each, joining))
      fail("phasing ", grid.n, "^", Rank, " voxels from ", options.starts, " starts needs ",
           print(Memory{shared + std::max(each, joining)}), ", more than --max-memory ",
           print(*options.max_memory), ": allow more or take fewer starts");
    most = std::min(most, std::floor(free / each));
  }
  workers.starts = int(most);
  workers.threads_each = std::max(1, threads / workers.starts);
  return workers;
}

template <int Rank>
Phased<Rank> phase(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                   const std::vector<std::uint8_t>& given,
                   const std::vector<std::vector<float>>& previous, const PhasingOptions& options,
                   std::uint64_t seed, std::uint64_t item, int threads, Monitor& monitor,
                   Progress& progress) {
  const Workers workers = plan_workers(problem.grid, options, threads);
  if (options.background && options.device == Device::cuda)
    monitor.info("with a background, the iterations run on the processor");
  const RealConstraint constraint = make_constraint(problem, fft, given, options, threads, monitor);
  if (count_inside(constraint.region) == 0)
    fail("the support is empty: lower --autocorrelation-floor or check --support-file");
  SPI_ASSERT(previous.empty() || previous.size() == options.starts);
  Phased<Rank> out;
  out.densities.resize(options.starts);
  out.errors.resize(options.starts);
  out.history.resize(options.starts);
  std::vector<std::vector<std::uint8_t>> supports(options.starts);
  std::vector<std::vector<float>> backgrounds(options.starts);
  parallel_for(options.starts, workers.starts, [&](std::size_t start, int) {
    Start<Rank> run(problem, fft, constraint, options, workers.threads_each);
    std::vector<float>& x = run.engine().x();
    if (previous.empty())
      draw_start(problem, constraint.region, seed, (item << 20) + start, x);
    else
      x = previous[start];
    run.run(out.history[start], progress);
    out.errors[start] = run.engine().fourier_error();
    backgrounds[start] = run.engine().background();
    out.densities[start] = std::move(run.engine().x());
    if (options.support.kind == SupportKind::shrink_wrap) supports[start] = run.constraint().region;
  });
  const auto centre = [&](std::size_t start) {
    return shift_to_centre(problem.grid, out.densities[start]);
  };
  const std::size_t best = std::size_t(std::ranges::min_element(out.errors) - out.errors.begin());
  if (std::ranges::all_of(out.densities[best], [](float v) { return v == 0; }))
    fail(
        "nothing is left of the density: the support is too small, or --support-mass too high for "
        "a body of so many voxels");
  const auto& support = supports[best].empty() ? constraint.region : supports[best];
  out.support = rolled(problem.grid, support, centre(best));
  out.background = backgrounds[best];
  const auto join = [&](const Problem<Rank>& measured) {
    return join_starts(measured, fft, out.densities, out.errors, options.agreement, threads);
  };
  out.ensemble =
      options.background ? join(without_background(problem, out.background)) : join(problem);
  out.best = out.densities[best];
  return out;
}

#define SPI_INSTANTIATE(Rank)                                                                      \
  template RealConstraint make_constraint(const Problem<Rank>&, const PlaneFft<Rank>&,             \
                                          const std::vector<std::uint8_t>&, const PhasingOptions&, \
                                          int, Monitor&);                                          \
  template Workers plan_workers(const Grid<Rank>&, const PhasingOptions&, int);                    \
  template Phased<Rank> phase(const Problem<Rank>&, const PlaneFft<Rank>&,                         \
                              const std::vector<std::uint8_t>&,                                    \
                              const std::vector<std::vector<float>>&, const PhasingOptions&,       \
                              std::uint64_t, std::uint64_t, int, Monitor&, Progress&);
SPI_INSTANTIATE(2)
SPI_INSTANTIATE(3)
#undef SPI_INSTANTIATE

}  // namespace spi
