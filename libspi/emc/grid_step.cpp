// SPDX-License-Identifier: GPL-3.0-or-later
// The iteration of VolumeEmc on a grid of view directions × in-plane angles.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/emc/volume_emc.h"

namespace spi {
namespace {

constexpr std::size_t kLanes = FrameTile::kLanes;
constexpr std::size_t kBlock = 2 * kLanes;  ///< frames of two tiles: the even, then the odd ones
constexpr std::size_t kLooked = 40;         ///< best views of a frame, among which it chooses

/// Frames of tile n: the even or the odd ones of a block, so that RateSums' half sets are theirs.
std::vector<std::size_t> frames_of_tile(std::size_t tile, std::size_t frames) {
  std::vector<std::size_t> rows;
  const std::size_t first = tile / 2 * kBlock;
  for (std::size_t d = first + tile % 2; d < std::min(frames, first + kBlock); d += 2)
    rows.push_back(d);
  return rows;
}

ViewGrid zone_grid(const PointGroup& laue, double spacing_rad) {
  ViewGrid grid = view_grid(laue, spacing_rad);
  ViewGrid inside{.views = {}, .in_zone = {}, .spacing_rad = spacing_rad};
  for (std::size_t k = 0; k < grid.views.size(); ++k)
    if (grid.in_zone[k]) inside.views.push_back(grid.views[k]), inside.in_zone.push_back(1);
  return inside;
}

Quaternion about_beam(double angle) { return from_axis_angle({0, 0, 1}, angle); }

}  // namespace

std::vector<std::size_t> ring_limits(const PolarBinning& binning) {
  std::vector<std::size_t> limit;
  for (const double r : binning.radii_px()) {
    const double harmonics = std::ceil(std::numbers::pi * r / (binning.folded() ? 2 : 1));
    limit.push_back(std::min(binning.angles() / 2, std::size_t(std::max(1., harmonics))));
  }
  return limit;
}

LikelihoodEngine VolumeEmc::engine_of(const ViewGrid& views) const {
  const PolarBinning& binning = setting_.store.binning();
  LikelihoodEngine engine(binning.rings(), binning.angles(), setting_.store.area(),
                          ring_limits(binning), FluenceUse::free);
  RateModel model{views.views.size(), binning.rings(), binning.angles(), {}, {}};
  model.rate.resize(model.classes * points_.size());
  model.rotates.assign(model.classes, 1);
  parallel_for(model.classes, threads_, [&](std::size_t k, int) {
    slice(state_.model, points_, views.views[k], model.of(k));
  });
  engine.set_model(model, threads_);
  return engine;
}

std::vector<Quaternion> VolumeEmc::best_orientations() const {
  std::vector<Quaternion> best;
  for (const FramePose& pose : state_.poses) best.push_back(pose.model_from_lab);
  return best;
}

EmcRecord VolumeEmc::grid_iteration() {
  const double spacing = grid_spacing();
  const ViewGrid views = zone_grid(group(), spacing);
  const LikelihoodEngine engine = engine_of(views);
  const std::vector<Quaternion> before = best_orientations();
  RateSums sums(engine, photons_);
  const double gain = expect_on_grid(engine, views, &sums);
  update_model(*compress(sums, views));
  return record(gain, spacing, before);
}

EmcRecord VolumeEmc::look_around() {
  const ViewGrid views = zone_grid(group(), setting_.spacing_rad);
  const std::vector<Quaternion> before = best_orientations();
  const double gain = expect_on_grid(engine_of(views), views, nullptr);
  for (std::size_t d = 0; d < state_.poses.size(); ++d)
    state_.poses[d].candidates.back() = {before[d], 1};
  return record(gain, setting_.spacing_rad, before);
}

VolumeEmc::Placed VolumeEmc::place(bool own) {
  constexpr std::size_t kSteps = 8;  // from the grid to the summit
  const ViewGrid views = zone_grid(group(), setting_.spacing_rad);
  const LikelihoodEngine engine = engine_of(views);
  Placed placed;
  if (state_.stage == EmcState::Stage::grid) {
    RateSums sums(engine, photons_);
    placed.gain = expect_on_grid(engine, views, &sums, 1.f);
    placed.sums = compress(sums, views);
  } else {
    expect_on_grid(engine, views, nullptr, 1.f);
    const LocalSearch whole(state_.model, fine_.points, fine_.area);
    placed.sums = fit_frames(own ? crossed_search() : std::array<LocalSearch, 2>{whole, whole},
                             {.steps = kSteps, .blur = 0}, placed.gain);
  }
  return placed;
}

double VolumeEmc::expect_on_grid(const LikelihoodEngine& engine, const ViewGrid& views,
                                 RateSums* sums, std::optional<float> fixed) {
  FrameStore& store = setting_.store;
  const std::size_t frames = store.frames();
  static_assert(RateSums::kBlockFrames % kBlock == 0);
  const std::vector<std::size_t> parts = store.parts(RateSums::kBlockFrames);
  const std::size_t begin = parts[store.team().rank()], end = parts[store.team().rank() + 1];
  std::vector<double> evidence(frames);
  const auto conditions = [&](FrameTile& tile, std::size_t) {
    for (std::size_t d = 0; d < tile.count; ++d)
      tile.beta[d] = fixed.value_or(float(beta(tile.photons[d])));
  };
  const auto record = [&](const FrameTile& tile, std::size_t number) {
    const std::vector<std::size_t> at = frames_of_tile(number, frames);
    conclude_on_grid(tile, views, at);
    for (std::size_t d = 0; d < tile.count; ++d) evidence[at[d]] = tile.result[d].log_evidence;
  };
  constexpr TileReturns kReturns{.best = kLooked};
  const auto device = setting_.make_device ? setting_.make_device(engine, kReturns) : nullptr;
  const TileRange tiles{2 * ((begin + kBlock - 1) / kBlock), 2 * ((end + kBlock - 1) / kBlock),
                        end - begin,
                        [frames](std::size_t tile) { return frames_of_tile(tile, frames); }};
  FramePass({store, engine, 0.25 * options_.max_memory.bytes, threads_, monitor_, "reconstructing"},
            tiles)
      .expect(device.get(), kReturns, sums, {conditions, record, {}});
  store.team().gather(std::span(evidence), parts);
  store.team().gather(std::span(state_.poses), parts);
  double sum = 0;
  for (const double e : evidence) sum += e;
  return sum / double(frames);
}

void VolumeEmc::conclude_on_grid(const FrameTile& tile, const ViewGrid& views,
                                 std::span<const std::size_t> frames) {
  const PolarBinning& binning = setting_.store.binning();
  const double turn = binning.step_rad() * double(binning.angles());
  const double all = 4 * std::numbers::pi * turn / double(group().rotations.size());
  for (std::size_t d = 0; d < tile.count; ++d) {
    const FramePosterior& found = tile.result[d];
    FramePose& pose = state_.poses[frames[d]];
    pose.probability = found.probability;
    pose.fluence = found.fluence;
    pose.information = found.information;
    pose.gain = found.gain;
    // a Gaussian over so much of the rotations: ln V = 3/2 ln(2πe σ²)
    const double volume = all * std::exp(-double(found.information));
    pose.width_rad = float(std::sqrt(3 * std::exp(2. / 3 * std::log(volume)) /
                                     (2 * std::numbers::pi * std::numbers::e)));
    choose_candidates(tile, d, views, pose);
  }
}

void VolumeEmc::choose_candidates(const FrameTile& tile, std::size_t d, const ViewGrid& views,
                                  FramePose& pose) const {
  const PolarBinning& binning = setting_.store.binning();
  const std::size_t most = binning.folded() ? FramePose::kMost : FramePose::kMost / 2;
  pose.candidates = {};
  std::size_t chosen = 0;
  for (std::size_t n = d; n < tile.best.size() && chosen < most; n += kLanes) {
    const auto [k, shift] = tile.best[n];
    const Quaternion q =
        normalized(views.views[k] * about_beam(double(shift) * binning.step_rad()));
    const bool is_new = std::none_of(
        pose.candidates.begin(), pose.candidates.begin() + std::ptrdiff_t(chosen),
        [&](const PoseCandidate& c) {
          return misorientation_rad(group(), c.model_from_lab, q) < 2 * views.spacing_rad;
        });
    if (is_new) pose.candidates[chosen++] = {q, 1};
  }
  pose.model_from_lab = pose.candidates[0].model_from_lab;
  for (std::size_t n = 0; !binning.folded() && n < most && n < chosen; ++n)
    pose.candidates[chosen + n] = {
        normalized(pose.candidates[n].model_from_lab * about_beam(std::numbers::pi)), 1};
}

std::vector<std::unique_ptr<VolumeEmc::Sums>> VolumeEmc::make_sums() const {
  const double room = 0.25 * options_.max_memory.bytes;
  const double most = room / (2 * double(VoxelSums::bytes(setting_.size)));
  const auto workers = std::size_t(std::clamp(most, 1., double(threads_)));
  std::vector<std::unique_ptr<Sums>> sums;
  for (std::size_t w = 0; w < workers; ++w)
    sums.push_back(std::make_unique<Sums>(
        Sums{VoxelSums(setting_.size, largest_sum_), VoxelSums(setting_.size, largest_sum_)}));
  return sums;
}

std::unique_ptr<VolumeEmc::Sums> VolumeEmc::compress(const RateSums& sums,
                                                     const ViewGrid& views) const {
  auto voxels = make_sums();
  struct Slices {
    RateSums::Rows rows;
    std::vector<float> photons, seen;
  };
  std::vector<Slices> scratch(voxels.size());
  for (Slices& s : scratch) s.photons.resize(points_.size()), s.seen.resize(points_.size());
  const Team& team = setting_.store.team();
  const std::vector<std::size_t> parts = equal_parts(2 * views.views.size(), team.size());
  const std::size_t begin = parts[team.rank()], count = parts[team.rank() + 1] - begin;
  parallel_for(count, int(voxels.size()), [&](std::size_t item, int worker) {
    const std::size_t k = (begin + item) / 2, half = (begin + item) % 2;
    Slices& s = scratch[std::size_t(worker)];
    sums.on_bins(k, int(half), s.rows, s.photons.data(), s.seen.data());
    (*voxels[std::size_t(worker)])[half].add(points_, views.views[k], s.photons.data(),
                                             s.seen.data());
  });
  return joined(std::move(voxels));
}

}  // namespace spi
