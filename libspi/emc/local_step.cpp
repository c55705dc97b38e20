// SPDX-License-Identifier: GPL-3.0-or-later
// The iteration of VolumeEmc off the grid: each frame at its own few orientations.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/emc/volume_emc.h"

namespace spi {
namespace {

constexpr std::size_t kBlock = 4096;  ///< frames at a time
constexpr std::size_t kSteps = 3;     ///< of the climb in an iteration
constexpr double kLeast = 1e-4;       ///< less probable candidates are forgotten
/// A posterior narrower than this on the rim, in voxels, is a point.
constexpr double kPoint = 0.3;

/// Orientations that stand for a Gaussian: its mean and covariance are theirs (the cubature of
/// degree 3, Arasaratnam & Haykin, IEEE Trans. Autom. Control 54, 1254 (2009)).
std::vector<Quaternion> cubature(const LocalFit& fit, double blur, double reach) {
  const Eigen::Matrix3d covariance =
      Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(fit.covariance.data()) +
      blur * blur * Eigen::Matrix3d::Identity();
  if (std::sqrt(covariance.trace()) * reach < kPoint) return {fit.model_from_lab};
  const Eigen::Matrix3d root = covariance.llt().matrixL();
  std::vector<Quaternion> points;
  for (int axis = 0; axis < 3; ++axis)
    for (const double sign : {-1., 1.}) {
      const Eigen::Vector3d turn = sign * std::sqrt(3.) * root.col(axis);
      points.push_back(normalized(from_axis_angle({turn[0], turn[1], turn[2]}, turn.norm()) *
                                  fit.model_from_lab));
    }
  return points;
}

void count_photons(const BinnedFrames& frames, std::size_t row, std::size_t bins,
                   LocalScratch& scratch) {
  scratch.counts.assign(bins, 0.f);
  frames.add_to(row, scratch.counts.data());
}

}  // namespace

void VolumeEmc::scatter_frame(const LocalFit& fit, double blur, double share, double photons,
                              const LocalScratch& scratch, VoxelSums& sums) const {
  const std::vector<Quaternion> at = cubature(fit, blur, fine_.points.reach);
  const double part = share / double(at.size()), fluence = photons / fit.expected;
  std::vector<float> numerator(fine_.points.size()), exposure(fine_.points.size());
  for (std::size_t t = 0; t < fine_.points.size(); ++t) {
    numerator[t] = float(part * scratch.counts[t]);
    exposure[t] = float(part * fluence * fine_.area[t]);
  }
  for (const Quaternion& q : at) sums.add(fine_.points, q, numerator.data(), exposure.data());
}

void VolumeEmc::fit_frame(const LocalSearch& search, const Fit& how, const BinnedFrames& frames,
                          std::size_t row, std::size_t frame, LocalScratch& scratch, Sums& sums) {
  FramePose& pose = state_.poses[frame];
  const double photons = frames.photons[row];
  std::vector<LocalFit> fits;
  for (const PoseCandidate& candidate : pose.candidates) {
    if (candidate.probability == 0) continue;
    LocalFit fit = search.climb(frames, row, candidate.model_from_lab, how.steps,
                                setting_.spacing_rad, setting_.spacing_rad, scratch);
    const auto same = std::ranges::find_if(fits, [&](const LocalFit& other) {
      return angle_between_rad(other.model_from_lab, fit.model_from_lab) <
             std::max(2 * fit.width_rad(), 0.25 * setting_.spacing_rad);
    });
    if (same == fits.end())
      fits.push_back(fit);
    else if (fit.gain > same->gain)
      *same = fit;
  }
  std::ranges::stable_sort(fits, std::greater<>{}, &LocalFit::log_weight);
  const double best = fits.front().log_weight();
  double sum = 0;
  for (const LocalFit& fit : fits) sum += std::exp(fit.log_weight() - best);

  count_photons(frames, row, fine_.points.size(), scratch);
  pose.candidates = {};
  double entropy = 0, log_fluence = 0;
  for (std::size_t n = 0; n < fits.size(); ++n) {
    const LocalFit& fit = fits[n];
    const double share = std::exp(fit.log_weight() - best) / sum;
    if (share < kLeast) break;
    pose.candidates[n] = {fit.model_from_lab, share};
    // of the Gaussian: ln of its normalisation plus 3/2
    entropy += share * (fit.log_weight() - fit.gain + 1.5 - std::log(share));
    log_fluence += share * std::log(photons / fit.expected);
    scatter_frame(fit, how.blur, share, photons, scratch, sums[frame % 2]);
  }
  pose.model_from_lab = fits.front().model_from_lab;
  pose.probability = float(pose.candidates[0].probability);
  pose.fluence = float(std::exp(log_fluence));
  pose.gain = float(fits.front().gain);
  const PolarBinning& binning = setting_.store.binning();
  const double all = 4 * std::numbers::pi * binning.step_rad() * double(binning.angles()) /
                     double(group().rotations.size());
  pose.information = float(std::log(all) - entropy);
  pose.width_rad =
      float(std::sqrt(3 * std::exp(2. / 3 * entropy) / (2 * std::numbers::pi * std::numbers::e)));
}

std::array<std::size_t, 2> VolumeEmc::own_frames() const {
  const Team& team = setting_.store.team();
  const std::vector<std::size_t> parts = equal_parts(setting_.store.frames(), team.size());
  return {parts[team.rank()], parts[team.rank() + 1]};
}

void VolumeEmc::start(const std::vector<Quaternion>& poses) {
  const std::size_t frames = setting_.store.frames();
  SPI_ASSERT(poses.size() == frames);
  start(Cube(setting_.size, 1));
  state_.stage = EmcState::Stage::local;
  auto sums = make_sums();
  const double flat = std::reduce(fine_.area.begin(), fine_.area.end());
  for (std::size_t d = 0; d < frames; ++d) {
    state_.poses[d].model_from_lab = poses[d];
    state_.poses[d].candidates[0] = {poses[d], 1};
  }
  const auto [begin, end] = own_frames();
  for (std::size_t first = begin; first < end; first += kBlock) {
    const std::size_t last = std::min(end, first + kBlock);
    const BinnedFrames block = setting_.store.read(first, last, fine_.point);
    parallel_for(last - first, int(sums.size()), [&](std::size_t n, int worker) {
      const std::size_t frame = first + n;
      LocalScratch scratch;
      count_photons(block, n, fine_.points.size(), scratch);
      scatter_frame({.model_from_lab = poses[frame], .expected = flat}, blur(), 1, block.photons[n],
                    scratch, (*sums[std::size_t(worker)])[frame % 2]);
    });
  }
  update_model(*joined(std::move(sums)));
}

std::array<LocalSearch, 2> VolumeEmc::crossed_search() const {
  return {LocalSearch(state_.half[1], fine_.points, fine_.area),
          LocalSearch(state_.half[0], fine_.points, fine_.area)};
}

void VolumeEmc::offer_copies(std::size_t half) {
  for (std::size_t d = 0; d < state_.poses.size(); ++d) {
    FramePose& pose = state_.poses[d];
    pose.candidates = {};
    pose.candidates[0] = {pose.model_from_lab, 1};
    if (d % 2 != half) continue;
    for (std::size_t k = 0; k < state_.pseudo_symmetries.size(); ++k)
      pose.candidates[k + 1] = {normalized(state_.pseudo_symmetries[k] * pose.model_from_lab), 1};
  }
}

EmcRecord VolumeEmc::local_iteration() {
  // The halves choose in turn: each follows the other's model. Both at once would swap for ever.
  if (state_.stage == EmcState::Stage::copies) offer_copies(state_.history.size() % 2);
  const std::vector<Quaternion> before = best_orientations();
  double gain = 0;
  update_model(*fit_frames(crossed_search(), {.steps = kSteps, .blur = blur()}, gain));
  return record(gain, 0, before);
}

std::unique_ptr<VolumeEmc::Sums> VolumeEmc::fit_frames(const std::array<LocalSearch, 2>& search,
                                                       const Fit& how, double& gain) {
  const std::size_t frames = setting_.store.frames();
  auto sums = make_sums();
  std::vector<LocalScratch> scratch(sums.size());
  const auto [begin, end] = own_frames();
  Progress progress(monitor_, "refining", end - begin);
  for (std::size_t first = begin; first < end; first += kBlock) {
    const std::size_t last = std::min(end, first + kBlock);
    const BinnedFrames block = setting_.store.read(first, last, fine_.point);
    parallel_for(last - first, int(sums.size()), [&](std::size_t n, int worker) {
      fit_frame(search[(first + n) % 2], how, block, n, first + n, scratch[std::size_t(worker)],
                *sums[std::size_t(worker)]);
    });
    progress.advance(last - first);
  }
  Team& team = setting_.store.team();
  team.gather(std::span(state_.poses), equal_parts(frames, team.size()));
  gain = 0;
  for (const FramePose& pose : state_.poses) gain += pose.gain;
  gain /= double(frames);
  return joined(std::move(sums));
}

}  // namespace spi
