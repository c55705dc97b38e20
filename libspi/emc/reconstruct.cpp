// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/reconstruct.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "libspi/averaging/angular_prior.h"
#include "libspi/base/error.h"
#include "libspi/base/ranks.h"
#include "libspi/emc/checkpoint.h"
#include "libspi/emc/start_model.h"
#include "libspi/orientation/slices.h"

namespace spi {
namespace {

constexpr std::size_t kBorder = 2;  ///< voxels around the outermost ring

/// Voxels across that hold a radius about the centre voxel.
std::size_t size_for(double radius_voxels) {
  return 2 * (std::size_t(std::ceil(radius_voxels)) + kBorder) + 1;
}

/// Voxels a pixel: sixteen for the period of the finest fringes along the rings, two where they are
/// fine or unknown. Of a ring's variance 95 % lie below its finest, and half of the rings have
/// finer ones than taken. Rings whose bins hold less than two pixels tell nothing: there the
/// pattern of pixels varies faster than any fringe.
double automatic_sampling(FrameStore& store, const EmcOptions& options, int threads,
                          Monitor& monitor) {
  constexpr double kShare = 0.95, kVoxels = 16, kFine = 2, kPixels = 2;
  const PolarBinning& binning = store.binning();
  const AngularPrior prior(store, ring_limits(binning), threads, monitor);
  const double turn = binning.folded() ? std::numbers::pi : 2 * std::numbers::pi;
  std::vector<double> fringes;  // a pixel
  for (std::size_t i = binning.rings() / 2; i < binning.rings(); ++i) {
    const double arc = turn * binning.radii_px()[i];
    if (arc * options.polar.ring_width < kPixels * double(binning.angles())) continue;
    double total = 0, sum = 0;
    for (std::size_t m = 1; m <= prior.last_harmonic(); ++m) total += prior.variance(m, i);
    if (total == 0) continue;
    std::size_t m = 0;
    while (m < prior.last_harmonic() && sum < kShare * total) sum += prior.variance(++m, i);
    fringes.push_back(double(m) / arc);
  }
  return fringes.empty() ? kFine : std::min(kFine, kVoxels * median(std::move(fringes)));
}

/// What the fringes ask for, or as many voxels as the memory holds.
std::size_t automatic_size(double radius_px, double voxels_per_pixel, const EmcOptions& options,
                           Monitor& monitor) {
  constexpr double kBytes = 160;  // a voxel: model, halves, exposure, sums, and their doubles
  constexpr std::size_t kFewest = 9;
  const std::size_t wanted = size_for(voxels_per_pixel * radius_px);
  const auto room = std::size_t(std::cbrt(0.5 * options.max_memory.bytes / kBytes));
  if (room < kFewest)
    fail("--max-memory ", print(options.max_memory), " is too little for a model of ", kFewest,
         " voxels across: allow more");
  const std::size_t size = std::min(wanted, (room - 1) / 2 * 2 + 1);
  if (size < wanted)
    monitor.warn(text_of("--max-memory allows ", size,
                         " voxels across; the frames' fringes ask "
                         "for ",
                         wanted, ": the outer rings will be blurred"));
  return size;
}

/// Two pixels at the rim, and no coarser or finer than is ever useful.
double automatic_spacing(double reach_px) {
  constexpr double kDegree = std::numbers::pi / 180;
  return std::clamp(2 / reach_px, 4 * kDegree, 12 * kDegree);
}

/// Bytes that the grid's sums and slices take.
double grid_bytes(const FrameStore& store, std::size_t views) {
  const PolarBinning& binning = store.binning();
  const LikelihoodEngine engine(binning.rings(), binning.angles(), store.area(),
                                ring_limits(binning), FluenceUse::free);
  return double(RateSums::bytes(engine, views)) + 3. * 4 * double(views * binning.bins()) +
         2. * double(engine.tile_bytes(views));
}

double settle_spacing(const EmcOptions& options, const FrameStore& store, const PointGroup& laue,
                      double reach_px, Monitor& monitor) {
  constexpr double kCoarsest = 1;  // rad: hardly a grid
  if (options.spacing) return options.spacing->radians;
  const double asked = automatic_spacing(reach_px);
  double spacing = asked;
  while (grid_bytes(store, view_grid(laue, spacing).zone_views()) >
         0.5 * options.max_memory.bytes) {
    spacing *= 1.1;
    if (spacing > kCoarsest)
      fail("--max-memory ", print(options.max_memory),
           " is too little for any grid of orientations: allow more, or give --spacing");
  }
  if (spacing != asked)
    monitor.info(text_of("--max-memory widens the grid of orientations from ",
                         print_number(asked * 180 / std::numbers::pi), " to ",
                         print_number(spacing * 180 / std::numbers::pi), " degrees"));
  return spacing;
}

std::string setting_of(EmcOptions options, const FrameStore& store, std::uint64_t seed) {
  constexpr std::string_view kFree[] = {"checkpoint-every", "resume"};  // memory sets the grids
  OptionSet described;
  options.describe(described);
  return setting_text(described, kFree, store, seed);
}

/// The checkpoint to go on from, on all ranks what rank 0 reads; nullopt where there is none.
std::optional<EmcState> saved_state(const std::filesystem::path& checkpoint,
                                    const std::string& setting, Team& team) {
  std::optional<EmcState> saved;
  if (team.leads()) saved = load_checkpoint(checkpoint, setting);
  bool exists = saved.has_value();
  team.broadcast(exists);
  if (!exists) return std::nullopt;
  if (!saved) saved.emplace();
  broadcast(*saved, team);
  return saved;
}

void run_to_end(VolumeEmc& emc, const EmcOptions& options, const std::filesystem::path& checkpoint,
                const std::string& setting) {
  using Clock = std::chrono::steady_clock;
  auto last = Clock::now();
  while (emc.iterate()) {
    const double age = std::chrono::duration<double>(Clock::now() - last).count();
    if (checkpoint.empty() || age < options.checkpoint_every_s) continue;
    save_checkpoint(checkpoint, setting, emc.state());
    last = Clock::now();
  }
}

std::vector<Column> convergence_table(const std::vector<EmcRecord>& history) {
  constexpr double kDegrees = 180 / std::numbers::pi;
  constexpr const char* kNames[] = {"iteration", "beta",       "spacing_deg", "gain_nats",
                                    "width_deg", "turned_deg", "moved",       "fsc_radius_px"};
  std::vector<Column> table = empty_columns(kNames);
  for (std::size_t n = 0; n < history.size(); ++n) {
    const EmcRecord& r = history[n];
    const double row[] = {double(n + 1),
                          r.beta,
                          kDegrees * r.spacing_rad,
                          r.gain,
                          kDegrees * r.width_rad,
                          kDegrees * r.turned_rad,
                          r.moved,
                          r.fsc_radius};
    append_row(table, row);
  }
  return table;
}

}  // namespace

EmcResult reconstruct_emc(FrameSource& source, const EmcOptions& options,
                          const std::filesystem::path& checkpoint, std::uint64_t seed, int threads,
                          Monitor& monitor) {
  check_options(options);
  options.check_together();
  const Detector& detector = source.detector();
  if (!detector.q_per_pixel())
    fail("the detector does not say its wavelength: give --photon-energy");
  EmcResult result;
  result.group = point_group(options.symmetry);
  result.store =
      std::make_unique<FrameStore>(source, emc_binning(options, detector), options.brightest,
                                   0.25 * options.max_memory.bytes, monitor);
  FrameStore& store = *result.store;
  refuse_identical(store);
  const PolarBinning& binning = store.binning();
  const double reach_px =
      q_radius(detector, binning.radii_px().back() + options.polar.ring_width / 2);
  const std::string text = setting_of(options, store, seed);
  auto saved = options.resume && !checkpoint.empty() ? saved_state(checkpoint, text, store.team())
                                                     : std::nullopt;
  const auto learned_size = [&] {
    return automatic_size(reach_px, automatic_sampling(store, options, threads, monitor), options,
                          monitor);
  };
  const std::size_t size = options.size ? *options.size : saved ? saved->model.n : learned_size();
  result.voxels_per_pixel = (double(size / 2) - double(kBorder)) / reach_px;
  const PointGroup laue = laue_class(result.group);
  result.spacing_rad = settle_spacing(options, store, laue, reach_px, monitor);
  const EmcSetting setting{.store = store,
                           .laue = laue,
                           .voxels_per_pixel = result.voxels_per_pixel,
                           .size = size,
                           .spacing_rad = result.spacing_rad,
                           .seed = seed,
                           .make_device = device_maker(options.device, store.team())};
  monitor.info(text_of(
      store.frames(), " frames on ", binning.rings(), " rings and ", binning.angles(),
      binning.folded() ? " angles of the half turn, " : " angles of the turn, ",
      store.in_memory() ? "kept in memory" : "read anew in each iteration", "; ", size,
      " voxels across, finest grid ",
      view_grid(laue, setting.spacing_rad).zone_views() * binning.angles(), " orientations"));
  VolumeEmc emc(setting, options, threads, monitor);
  if (saved) {
    monitor.info(text_of("goes on after iteration ", saved->history.size()));
    emc.resume(std::move(*saved));
  } else if (options.reference || options.shape) {
    emc.start(start_model(options, setting, detector, threads));
  } else if (options.poses) {
    emc.start(start_poses(*options.poses, store));
  } else {
    emc.start();
  }
  // Rank 0 has what all ranks have found, and writes it.
  run_to_end(emc, options, store.team().leads() ? checkpoint : std::filesystem::path(), text);
  result.state = emc.state();
  return result;
}

PolarBinningOptions emc_binning(const EmcOptions& options, const Detector& detector) {
  PolarBinningOptions polar = options.polar;
  polar.full_turn = polar.full_turn || !folds(detector, polar);
  return polar;
}

Model volume_model(const EmcState& state, const PointGroup& group, const Detector& detector,
                   const RadialMean& mean, double voxels_per_pixel) {
  const std::size_t n = state.model.n;
  Model model;
  model.size = n;
  model.q_per_voxel = *detector.q_per_pixel() / voxels_per_pixel;
  model.symmetry = group.name;
  model.shell_fsc = state.fsc;
  model.exposure = state.exposure;
  const double centre = double(n / 2);
  for (std::size_t v = 0; v < n * n * n; ++v) {
    const double x = double(v % n) - centre, y = double(v / n % n) - centre,
                 z = double(v / (n * n)) - centre;
    const double q_px = std::sqrt(x * x + y * y + z * z) / voxels_per_pixel;
    const double at = state.exposure[v] > 0 ? mean.at(detector_radius(detector, q_px)) : 0;
    model.intensity.push_back(float(at * state.model.values[v]));
    for (std::size_t half = 0; half < 2; ++half)
      model.half[half].push_back(float(at * state.half[half].values[v]));
  }
  return model;
}

void append_pose(Model& model, std::uint64_t id, const FramePose& pose) {
  const Quaternion q = to_fundamental_zone(point_group("C1"), pose.model_from_lab);
  model.id.push_back(id);
  model.quaternion.push_back({q.w, q.x, q.y, q.z});
  model.probability.push_back(pose.probability);
  model.width_rad.push_back(pose.width_rad);
  model.information.push_back(pose.information);
  model.gain.push_back(pose.gain);
  model.fluence.push_back(pose.fluence);
}

void scale_fluences(Model& model) {
  double sum = 0;
  for (const float fluence : model.fluence) sum += fluence;
  for (float& fluence : model.fluence)
    fluence = float(fluence * double(model.fluence.size()) / sum);
}

Model model_of(const EmcResult& result) {
  const EmcState& state = result.state;
  const FrameStore& store = *result.store;
  Model model = volume_model(state, result.group, store.detector(), store.radial_mean(),
                             result.voxels_per_pixel);
  model.convergence = convergence_table(state.history);
  model.stop_reason = state.stop_reason;
  for (std::size_t d = 0; d < store.frames(); ++d) append_pose(model, store.id(d), state.poses[d]);
  scale_fluences(model);
  return model;
}

std::string summary(const EmcResult& result, const FrameSource& source) {
  const Survey& survey = result.store->survey();
  std::string text = text_of("used ", survey.used, " of ", source.frames(), " frames");
  std::string rejected;
  for (std::size_t f = 1; f < EnumNames<FrameFate>::values.size(); ++f)
    if (const std::size_t count = survey.count(FrameFate(f)))
      rejected +=
          text_of(rejected.empty() ? "" : ", ", count, " ", EnumNames<FrameFate>::values[f]);
  if (!rejected.empty()) text += " (rejected: " + rejected + ")";
  if (source.broken_files() > 0) text += text_of(", left out ", source.broken_files(), " files");
  return text +
         text_of("; ", result.state.history.size(), " iterations, ", result.state.stop_reason);
}

}  // namespace spi
