// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/volume_emc.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/quantity.h"
#include "libspi/base/ranks.h"
#include "libspi/emc/model_symmetry.h"
#include "libspi/volume/fsc.h"

namespace spi {
namespace {

double degrees(double rad) { return rad * 180 / std::numbers::pi; }

/// Posteriors are narrower than the grid, and half of the frames stay where they are.
bool decided(const EmcRecord& r) {
  return r.width_rad < r.spacing_rad && r.turned_rad < 0.1 * r.spacing_rad;
}

constexpr double kTrusted = 0.6;  ///< of the radius to which half sets agree: little noise there
constexpr double kFew = 0.005;    ///< part of the frames that change copies when they have settled
constexpr double kRise = 3e-5;    ///< of the gain: less is none
constexpr std::size_t kMostTurns = 10;  ///< where copies are truly alike, some always change
constexpr std::size_t kMostLocal = 16;  ///< iterations off the grid before looking around

constexpr double kAlike = 0.5;   ///< likeness of a model's images that shows its group
constexpr double kDistinct = 6;  ///< or so many standard deviations, where noise makes them unlike

constexpr std::uint32_t kNoiseDraw = 2000;  ///< the `step` of Random

}  // namespace

VolumeEmc::VolumeEmc(const EmcSetting& setting, const EmcOptions& options, int threads,
                     Monitor& monitor)
    : setting_(setting),
      options_(options),
      threads_(threads),
      monitor_(monitor),
      points_(polar_points(setting.store.binning(), setting.store.detector(),
                           setting.voxels_per_pixel)),
      fine_(fine_points(setting.store.binning(), setting.store.detector(),
                        setting.store.radial_mean(), setting.voxels_per_pixel)),
      limit_(setting.size) {
  SPI_ASSERT(setting.size % 2 == 1 &&
             std::max(points_.reach, fine_.points.reach) < double(setting.size / 2) - 1);
  for (std::size_t n = 0; n < setting.store.frames(); ++n)
    photons_ += double(setting.store.photons(n));
  largest_sum_ = setting.largest_sum.value_or(8 * photons_);
  state_.poses.resize(setting.store.frames());
  state_.exposure.resize(setting.size * setting.size * setting.size);
}

Cube VolumeEmc::symmetrised(std::vector<double> values) const {
  symmetrise(values, setting_.size, group(), threads_);
  Cube model(setting_.size);
  std::ranges::copy(values, model.values.begin());
  return model;
}

Cube VolumeEmc::noise() const {
  const std::size_t n = setting_.size;
  std::vector<double> values(n * n * n);
  for (std::size_t v = 0; v < values.size(); ++v)
    values[v] = 0.5 + Random(setting_.seed, kNoiseDraw, v).uniform();
  return symmetrised(std::move(values));
}

void VolumeEmc::start() {
  state_.grows = setting_.laue.rotations.size() > 1 && options_.max_iterations > 1;
  start(noise());
}

void VolumeEmc::start(Cube model) {
  SPI_ASSERT(model.n == setting_.size);
  state_.model = std::move(model);
  state_.half = {state_.model, state_.model};
}

double VolumeEmc::beta(float photons) const {
  if (state_.stage != EmcState::Stage::grid) return 1;
  return options_.beta(photons, state_.history.size() - state_.begun);
}

double VolumeEmc::grid_spacing() const {
  constexpr double kCoarsest = 0.2;
  const double finest = setting_.spacing_rad;
  if (state_.grows) return std::max(finest, kCoarsest);
  // The finest grid from when the frames have decided on the coarse one.
  const double coarse = std::max(finest, std::min(kCoarsest, 2 * finest));
  if (state_.history.size() == state_.begun) return coarse;
  const EmcRecord& last = state_.history.back();
  return last.spacing_rad < coarse || last.beta >= 1 || decided(last) ? finest : coarse;
}

EmcState::Stage VolumeEmc::next_stage() const {
  using Stage = EmcState::Stage;
  if (options_.refine == Refinement::none || state_.history.size() < 2 || state_.grows)
    return state_.stage;
  const EmcRecord& last = state_.history.back();
  const EmcRecord& before = state_.history[state_.history.size() - 2];
  if (state_.stage == Stage::grid) {
    const bool at_finest = before.spacing_rad == setting_.spacing_rad;
    return decided(last) && at_finest ? Stage::local : Stage::grid;
  }
  // A look around and an iteration after it must be left.
  const bool may_look = state_.history.size() + 2 <= options_.max_iterations;
  if (state_.stage == Stage::local && may_look &&
      (settled() || iterations_off_grid() >= kMostLocal))
    return Stage::copies;
  if (state_.stage != Stage::copies) return state_.stage;
  const std::size_t done = iterations_off_grid();
  const bool calm = done >= 2 && std::max(last.moved, before.moved) < kFew;
  return calm || done >= kMostTurns ? Stage::final : Stage::copies;
}

std::size_t VolumeEmc::iterations_off_grid() const {
  const auto on_grid = [](const EmcRecord& r) { return r.spacing_rad > 0; };
  const auto last = std::find_if(state_.history.rbegin(), state_.history.rend(), on_grid);
  return std::size_t(last - state_.history.rbegin());
}

double VolumeEmc::blur() const {
  const auto done = std::ranges::count(state_.history, 0., &EmcRecord::spacing_rad);
  return 0.5 * setting_.spacing_rad * std::exp2(-0.5 * double(done));
}

double VolumeEmc::mean_beta() const {
  double sum = 0;
  for (std::size_t d = 0; d < state_.poses.size(); ++d) sum += beta(setting_.store.photons(d));
  return sum / double(state_.poses.size());
}

bool VolumeEmc::iterate() {
  if (!state_.stop_reason.empty()) return false;
  using Stage = EmcState::Stage;
  state_.history.push_back(state_.stage == Stage::grid ? grid_iteration() : local_iteration());
  Stage next = next_stage();
  if (state_.stage == Stage::local && next == Stage::copies) {
    report_iteration();
    state_.history.push_back(look_around());
    find_pseudo_symmetries();
    if (state_.pseudo_symmetries.empty()) next = Stage::final;
  } else {
    state_.stop_reason = reason_to_stop();
  }
  state_.stage = next;
  report_iteration();
  if (grown()) enter_group();
  return state_.stop_reason.empty();
}

double VolumeEmc::trusted_radius() const {
  return kTrusted * setting_.voxels_per_pixel * state_.history.back().fsc_radius;
}

bool VolumeEmc::grown() const {
  const EmcRecord& last = state_.history.back();
  const bool only_one_left = state_.history.size() + 1 == options_.max_iterations;
  return state_.grows && (decided(last) || last.beta >= 1 || only_one_left);
}

void VolumeEmc::enter_group() {
  state_.grows = false;
  const GroupAxes axes = model_axes(state_.model, setting_.laue, trusted_radius(), threads_);
  const std::string found = text_of("the structure that grew without symmetry correlates with its ",
                                    "images under ", setting_.laue.hermann_mauguin, " by ",
                                    rounded(axes.likeness, 2), ", ", rounded(axes.distinct, 1),
                                    " standard "
                                    "deviations above other axes");
  if (axes.likeness < kAlike && axes.distinct < kDistinct) {
    monitor_.info(found + ": starts again from noise within the group");
    state_.begun = state_.history.size();
    start(noise());
    return;
  }
  monitor_.info(found + ": goes on within the group");
  const Cube upright = turned(state_.model, axes.model_from_group, threads_);
  start(symmetrised({upright.values.begin(), upright.values.end()}));
  for (FramePose& pose : state_.poses)
    pose.model_from_lab = normalized(conjugate(axes.model_from_group) * pose.model_from_lab);
}

void VolumeEmc::find_pseudo_symmetries() {
  state_.pseudo_symmetries = pseudo_symmetries(state_.model, setting_.laue, trusted_radius(),
                                               FramePose::kMost - 1, threads_);
  std::string angles;
  for (const Quaternion& q : state_.pseudo_symmetries)
    angles += text_of(angles.empty() ? "" : ", ",
                      rounded(degrees(angle_between_rad(q, Quaternion{})), 1), "°");
  if (!angles.empty())
    monitor_.info(text_of("the model looks like itself when turned by ", angles,
                          ": frames choose between their copies"));
}

EmcRecord VolumeEmc::record(double gain, double spacing,
                            const std::vector<Quaternion>& before) const {
  const std::size_t n = state_.poses.size();
  std::vector<double> turned(n), width(n);
  std::size_t moved = 0;
  const BeamTwin twin = setting_.store.binning().folded() ? BeamTwin::same : BeamTwin::distinct;
  for (std::size_t d = 0; d < n; ++d) {
    turned[d] = misorientation_rad(group(), state_.poses[d].model_from_lab, before[d], twin);
    moved += turned[d] > setting_.spacing_rad;
    width[d] = state_.poses[d].width_rad;
  }
  return {.beta = mean_beta(),
          .spacing_rad = spacing,
          .gain = gain,
          .width_rad = median(std::move(width)),
          .turned_rad = median(std::move(turned)),
          .moved = double(moved) / double(n),
          .fsc_radius = agreement_px()};
}

double VolumeEmc::agreement_px() const {
  return last_crossing(state_.fsc, 0.5, innermost_shell() + 1) / setting_.voxels_per_pixel;
}

std::size_t VolumeEmc::innermost_shell() const {
  const FrameStore& store = setting_.store;
  return std::size_t(std::ceil(setting_.voxels_per_pixel *
                               q_radius(store.detector(), store.binning().radii_px().front())));
}

bool VolumeEmc::settled() const {
  const bool on_grid = state_.stage == EmcState::Stage::grid;
  // What looks around next need not be quite still.
  const double still =
      state_.stage == EmcState::Stage::local ? std::max(1., options_.settled) : options_.settled;
  const std::size_t n = state_.history.size();
  const auto calm = [&](std::size_t at) {
    const EmcRecord& r = state_.history[at];
    const bool of_stage = on_grid ? r.spacing_rad == setting_.spacing_rad : r.spacing_rad == 0;
    const bool sharp = on_grid || blur() < r.width_rad;
    // Halves that follow each other's noise turn for ever, at no gain.
    const bool rises = on_grid || std::abs(r.gain - state_.history[at - 1].gain) > kRise * r.gain;
    return r.beta >= 1 && of_stage && sharp && (r.turned_rad <= still * r.width_rad || !rises);
  };
  return n >= 3 && calm(n - 1) && calm(n - 2);
}

std::string VolumeEmc::reason_to_stop() const {
  using Stage = EmcState::Stage;
  // After these stages another one follows.
  const bool more = state_.stage == Stage::local || state_.stage == Stage::copies;
  if (settled() && !more && !state_.grows)
    return text_of("settled: half of the frames turn by less than ", options_.settled,
                   " of their posterior's width, or to no gain, in each of two iterations");
  if (state_.history.size() >= options_.max_iterations)
    return text_of("--max-iterations ", options_.max_iterations, " reached");
  return {};
}

void VolumeEmc::report_iteration() const {
  const EmcRecord& r = state_.history.back();
  monitor_.info(text_of(
      "iteration ", state_.history.size(), ": ",
      r.spacing_rad > 0
          ? text_of("grid of ", rounded(degrees(r.spacing_rad), 1), "°, beta ", rounded(r.beta, 4))
          : std::string("local"),
      ", gain ", rounded(r.gain, 2), " nats a frame, width ", rounded(degrees(r.width_rad), 2),
      "°, turned ", rounded(degrees(r.turned_rad), 2), "° (", rounded(100 * r.moved, 1),
      " % beyond the grid), half sets agree to ", rounded(r.fsc_radius, 1), " pixels"));
  if (!state_.stop_reason.empty())
    monitor_.info(
        text_of("stops after ", state_.history.size(), " iterations: ", state_.stop_reason));
}

}  // namespace spi
