// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/online/online_emc.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/ranks.h"

namespace spi {
namespace {

constexpr double kPlacedBeta = 1;  ///< of VolumeEmc::place

double median_photons(const Survey& survey) {
  std::vector<double> photons;
  for (std::size_t d = 0; d < survey.fate.size(); ++d)
    if (survey.fate[d] == FrameFate::used) photons.push_back(survey.photons[d]);
  return median(std::move(photons));
}

std::vector<Column> convergence_table(const std::vector<OnlineRecord>& history) {
  constexpr const char* kNames[] = {"frames", "gain_nats", "width_deg", "fsc_radius_px"};
  std::vector<Column> table = empty_columns(kNames);
  for (const OnlineRecord& r : history) {
    const double row[] = {r.frames, r.gain, r.width_rad * 180 / std::numbers::pi, r.fsc_radius};
    append_row(table, row);
  }
  return table;
}

}  // namespace

OnlineEmc::OnlineEmc(const OnlineOptions& options, std::uint64_t seed, int threads,
                     Monitor& monitor)
    : options_(options),
      seed_(seed),
      threads_(threads),
      monitor_(monitor),
      group_(point_group(options.emc.symmetry)),
      laue_(laue_class(group_)) {
  check_options(options);
  options.check_together();
}

void OnlineEmc::begin(FrameBlock first, const Detector& detector,
                      const std::filesystem::path& checkpoint) {
  FrameSource source(std::move(first), detector, monitor_);
  EmcResult start = reconstruct_emc(source, options_.emc, checkpoint, seed_, threads_, monitor_);
  const Survey survey = start.store->survey();
  const std::size_t n = start.state.model.n;
  state_.setting = {.detector = detector,
                    .total = survey.total,
                    .frames = survey.used,
                    .excluded = survey.excluded,
                    .brightest = options_.emc.brightest * median_photons(survey),
                    .size = n,
                    .voxels_per_pixel = start.voxels_per_pixel,
                    .spacing_rad = start.spacing_rad,
                    .stage = start.state.stage};
  state_.sums = std::make_unique<VolumeEmc::Sums>(
      VolumeEmc::Sums{VoxelSums(n, kLargestSum), VoxelSums(n, kLargestSum)});
  model_ = std::move(start.state);
  model_.history.clear();
  model_.stop_reason.clear();
  start.store.reset();
  fix_geometry();
  place(source, survey, true);
  state_.begun = true;
}

void OnlineEmc::resume(OnlineState state) {
  SPI_ASSERT(state.begun);
  state_ = std::move(state);
  fix_geometry();
  placed_.insert(state_.placed.id.begin(), state_.placed.id.end());
  const std::size_t n = state_.setting.size;
  model_.model = model_.half[0] = model_.half[1] = Cube(n);
  model_.exposure.resize(n * n * n);
  model_.stage = state_.setting.stage;
  FrameBlock none;
  none.start = {0};
  FrameSource nothing(std::move(none), state_.setting.detector, monitor_);
  FrameStore store(nothing, *binning_, *mean_, {});
  const EmcSetting setting = setting_of(store);
  VolumeEmc emc(setting, options_.emc, threads_, monitor_);
  emc.resume(std::move(model_));
  emc.update_model(*state_.sums, kPlacedBeta);
  model_ = emc.state();
}

void OnlineEmc::fix_geometry() {
  const OnlineSetting& s = state_.setting;
  binning_.emplace(s.detector, emc_binning(options_.emc, s.detector));
  binning_->exclude(s.excluded);
  mean_.emplace(*binning_, s.detector.correction, s.total, s.frames);
}

EmcSetting OnlineEmc::setting_of(FrameStore& store) const {
  const OnlineSetting& s = state_.setting;
  return {.store = store,
          .laue = laue_,
          .voxels_per_pixel = s.voxels_per_pixel,
          .size = s.size,
          .spacing_rad = s.spacing_rad,
          .seed = seed_,
          .largest_sum = kLargestSum,
          .make_device = device_maker(options_.emc.device, store.team())};
}

Survey OnlineEmc::judge(const FrameBlock& frames) const {
  Survey survey;
  std::unordered_set<std::uint64_t> here;
  for (std::size_t d = 0; d < frames.frames(); ++d) {
    double photons = 0;
    for (std::uint64_t k = frames.start[d]; k < frames.start[d + 1]; ++k)
      if (binning_->bin()[frames.pixel[k]] != PolarBinning::kNoBin) photons += frames.count[k];
    const bool is_new = !placed_.contains(frames.id[d]) && here.insert(frames.id[d]).second;
    survey.fate.push_back(!is_new                              ? FrameFate::duplicate
                          : photons == 0                       ? FrameFate::empty
                          : photons > state_.setting.brightest ? FrameFate::too_bright
                                                               : FrameFate::used);
    survey.photons.push_back(float(photons));
  }
  survey.used = survey.count(FrameFate::used);
  return survey;
}

void OnlineEmc::place(FrameBlock frames) {
  const Survey survey = judge(frames);
  warn_of_rejected(frames.id, survey, monitor_);
  FrameSource source(std::move(frames), state_.setting.detector, monitor_);
  place(source, survey, false);
}

double OnlineEmc::fading(std::size_t more) const {
  if (options_.memory) return std::exp2(-double(more) / *options_.memory);
  const double before = double(placed_.size());
  return before / (before + double(more));
}

void OnlineEmc::place(FrameSource& source, const Survey& survey, bool own) {
  if (survey.used > 0) place_used(source, survey, own);
  for (const FrameFate fate : survey.fate) ++state_.fates[std::size_t(fate)];
}

void OnlineEmc::place_used(FrameSource& source, const Survey& survey, bool own) {
  FrameStore store(source, *binning_, *mean_, survey);
  const EmcSetting setting = setting_of(store);
  VolumeEmc emc(setting, options_.emc, threads_, monitor_);
  model_.poses.assign(store.frames(), {});
  emc.resume(model_);
  const VolumeEmc::Placed more = emc.place(own);
  const double factor = fading(store.frames());
  for (std::size_t half = 0; half < 2; ++half) {
    (*state_.sums)[half].scale(factor);
    (*state_.sums)[half].add((*more.sums)[half]);
  }
  emc.update_model(*state_.sums, kPlacedBeta);
  model_ = emc.state();
  keep_poses(store, model_.poses);
  std::vector<double> width;
  for (const FramePose& pose : model_.poses) width.push_back(pose.width_rad);
  state_.history.push_back({.frames = double(placed_.size()),
                            .gain = more.gain,
                            .width_rad = median(std::move(width)),
                            .fsc_radius = emc.agreement_px()});
}

void OnlineEmc::keep_poses(const FrameStore& store, const std::vector<FramePose>& poses) {
  for (std::size_t d = 0; d < store.frames(); ++d) {
    append_pose(state_.placed, store.id(d), poses[d]);
    placed_.insert(store.id(d));
  }
}

Model OnlineEmc::model() const {
  const OnlineSetting& s = state_.setting;
  Model model = volume_model(model_, group_, s.detector, *mean_, s.voxels_per_pixel);
  const Model& placed = state_.placed;
  model.id = placed.id;
  model.quaternion = placed.quaternion;
  model.fluence = placed.fluence;
  model.probability = placed.probability;
  model.width_rad = placed.width_rad;
  model.information = placed.information;
  model.gain = placed.gain;
  scale_fluences(model);
  model.convergence = convergence_table(state_.history);
  return model;
}

}  // namespace spi
