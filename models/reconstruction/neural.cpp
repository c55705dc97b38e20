// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reconstruction/neural.h"

#include <algorithm>
#include <cmath>

#include "libspi/emc/reconstruct.h"
#include "libspi/learn/runtime.h"
#include "models/reconstruction/place.h"
#include "models/reconstruction/teacher.h"
#include "models/reconstruction/training.h"

namespace spi {
namespace {

FrameStore open_store(FrameSource& source, const NeuralOptions& options, Monitor& monitor) {
  if (!source.detector().q_per_pixel())
    fail("the detector does not say its wavelength: give --photon-energy");
  PolarBinningOptions polar = options.polar;
  polar.full_turn = true;
  return FrameStore(source, polar, options.brightest, 0, monitor);
}

/// The intensities of a cube over the mean, in photons a pixel of a frame of fluence 1.
void set_intensity(const Cube& cube, const Preprocessing& pre, Model& model) {
  const std::size_t n = cube.n;
  const double half = double(n / 2), rim = rim_voxels(cube), pixels = pre.cell_px * pre.cell_px;
  model.size = n;
  model.q_per_voxel = pre.rim_px * pre.q_per_pixel / rim;
  model.intensity.resize(cube.values.size());
  model.exposure.resize(cube.values.size());
  for (std::size_t v = 0; v < cube.values.size(); ++v) {
    const double r =
        std::hypot(double(v % n) - half, double(v / n % n) - half, double(v / (n * n)) - half) /
        rim;
    const double mean = r <= 1 ? Preprocessing::at(pre.intensity, r) / pixels : 0;
    model.intensity[v] = float(mean * cube.values[v]);
    model.exposure[v] = r <= 1 ? 1 : 0;
  }
}

/// Bounds [ranks+1] of the frames that each rank places.
std::vector<std::size_t> shares(std::size_t frames, const Team& team) {
  auto bounds = equal_parts((frames + kPlacedTogether - 1) / kPlacedTogether, team.size());
  for (std::size_t& bound : bounds) bound = std::min(bound * kPlacedTogether, frames);
  return bounds;
}

/// Intensities and symmetry of the network, and the poses of this rank's part of some frames.
struct Placing {
  Placing(const PoseModel& network, const Preprocessing& pre, const NeuralOptions& options,
          std::size_t frames, const learn::Hands& hands, Monitor& monitor)
      : team(hands.team),
        bounds(shares(frames, team)),
        begin(bounds[team.rank()]),
        end(bounds[team.rank() + 1]),
        cube(field_cube(network, pre, hands, monitor)) {
    model.symmetry = point_group(options.symmetry).name;
    set_intensity(cube, pre, model);
  }
  /// All ranks: with the poses of all frames.
  Model finish() {
    gather(model.id), gather(model.quaternion);
    for (auto* column : {&model.fluence, &model.probability, &model.width_rad, &model.gain})
      gather(*column);
    scale_fluences(model);
    return std::move(model);
  }
  template <class T>
  void gather(std::vector<T>& mine) {
    std::vector<T> all(bounds.back());
    std::ranges::copy(mine, all.begin() + std::ptrdiff_t(begin));
    team.gather(std::span(all), bounds);
    mine = std::move(all);
  }
  Team& team;
  std::vector<std::size_t> bounds;  ///< [ranks+1] frames of each
  std::size_t begin, end;           ///< those of this rank
  Cube cube;
  Model model;
};

}  // namespace

PoseNetwork::PoseNetwork(std::unique_ptr<PoseModel> model, Preprocessing preprocessing,
                         NeuralOptions options)
    : model_(std::move(model)),
      preprocessing_(std::make_unique<Preprocessing>(std::move(preprocessing))),
      options_(std::move(options)) {}
PoseNetwork::PoseNetwork(PoseNetwork&&) noexcept = default;
PoseNetwork& PoseNetwork::operator=(PoseNetwork&&) noexcept = default;
PoseNetwork::~PoseNetwork() = default;

Model PoseNetwork::place(FrameSource& source, std::size_t refine, int threads,
                         Monitor& monitor) const {
  constexpr std::size_t kBlock = 256 * kPlacedTogether;  // frames in memory at a time
  FrameStore store = open_store(source, options_, monitor);
  Placing placing(*model_, *preprocessing_, options_, store.frames(), {store.team(), threads},
                  monitor);
  Progress progress(monitor, "placing frames", placing.end - placing.begin);
  for (std::size_t first = placing.begin; first < placing.end; first += kBlock) {
    const std::size_t last = std::min(first + kBlock, placing.end);
    const Images images = make_images(store, *preprocessing_, first, last);
    place_frames(*model_, placing.cube, images, 0, images.frames(), refine, threads, progress,
                 placing.model);
  }
  return placing.finish();
}

NeuralResult reconstruct_neural(FrameSource& source, const NeuralOptions& options,
                                const learn::Run& run, int threads, Monitor& monitor,
                                std::optional<std::size_t> cuda_device) {
  check_options(options);
  options.check_together();
  FrameStore store = open_store(source, options, monitor);
  constexpr std::size_t kFewest = 20;
  if (store.frames() < kFewest)
    fail("networks need at least ", kFewest, " frames to learn from, there are ", store.frames());
  refuse_identical(store);
  const Images images = make_images(store, options);
  NeuralOptions used = options;
  used.polar.q_min = used.polar.q_max = {};
  used.polar.r_min = store.binning().radii_px().front();
  used.polar.r_max = store.binning().radii_px().back();
  if (!used.field.extent) used.field.extent = autocorrelation_extent(images);
  constexpr double kSpeckles = 2;
  if (!used.encoder.axis_radius)
    used.encoder.axis_radius = std::min(1.0, kSpeckles / *used.field.extent);
  monitor.info(text_of(images.frames(), " frames of ", images.preprocessing.size, " x ",
                       images.preprocessing.size, " cells, ", images.cells(),
                       " of them measured; the particle's autocorrelation has ", *used.field.extent,
                       " periods up to the rim"));
  constexpr double kMarch = 0.5;
  auto network = std::make_unique<PoseModel>(used, images.preprocessing);
  network->draw(run.seed);
  const learn::Hands hands{run.team, threads};
  // Rank 0 alone: all begin the training with its weights.
  if (options.teacher && !learn::goes_on(run) && run.team.leads())
    teach_field(*network, read_model(*options.teacher), images, run.seed, threads, monitor);
  if (!used.march) used.march = options.teacher ? 0 : kMarch;
  const learn::Split split =
      learn::split_rows(images.frames(), {}, used.training.validation, run.seed);
  if (cuda_device) {
    learn::make_cuda_exact();
    network->to(at::Device(at::kCUDA, at::DeviceIndex(*cuda_device)));
  }
  PoseTask task(*network, images, used, hands, monitor);
  learn::History history;
  {
    Progress progress(monitor, "training",
                      used.training.epochs * learn::steps_per_epoch(split, used.training));
    history = learn::train(task, split, used.training, run, progress);
  }
  network->to(at::kCPU);
  Placing placing(*network, images.preprocessing, used, images.frames(), hands, monitor);
  {
    Progress progress(monitor, "placing frames", placing.end - placing.begin);
    place_frames(*network, placing.cube, images, placing.begin, placing.end, used.refine, threads,
                 progress, placing.model);
  }
  return {PoseNetwork(std::move(network), images.preprocessing, used), placing.finish(),
          std::move(history)};
}

}  // namespace spi
