// SPDX-License-Identifier: GPL-3.0-or-later
// 3D EMC: the intensity of a particle, and the orientation and fluence of each frame.
// docs/theory/reconstruction.md says what is computed and why.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libspi/averaging/frame_pass.h"
#include "libspi/emc/autocorrelation_limit.h"
#include "libspi/emc/local_fit.h"
#include "libspi/emc/options.h"
#include "libspi/emc/polar_points.h"
#include "libspi/geometry/orientation_grid.h"
#include "libspi/polar/rate_sums.h"

namespace spi {

/// One iteration's line of the convergence table.
struct EmcRecord {
  double beta = 0;         ///< mean over frames
  double spacing_rad = 0;  ///< of the grid; 0: local refinement
  double gain = 0;         ///< mean log-likelihood of a frame over that of the mean pattern, nats
  double width_rad = 0;    ///< median of the posteriors' widths
  double turned_rad = 0;   ///< median angle by which the best orientations moved
  double moved = 0;        ///< part of the frames that turned by more than the finest spacing
  double fsc_radius = 0;   ///< pixels of q, where the half sets' correlation falls below 1/2
};

/// One of the orientations that a frame may have.
struct PoseCandidate {
  Quaternion model_from_lab;
  double probability = 0;
};

/// A frame's orientation as the last iteration found it.
struct FramePose {
  static constexpr std::size_t kMost = 6;

  Quaternion model_from_lab;  ///< the most probable
  float probability = 0;      ///< of that orientation and its neighbourhood
  float width_rad = 0;        ///< of a Gaussian posterior of the same entropy: √ of the trace
  float fluence = 1;
  float information = 0;                          ///< nats that the frame tells of its orientation
  float gain = 0;                                 ///< nats, at the best orientation
  std::array<PoseCandidate, kMost> candidates{};  ///< most probable first; probability 0: none
};

/// Everything that goes from one iteration to the next, and so into a checkpoint.
struct EmcState {
  Cube model;                    ///< W: intensity over the radial mean, > 0
  std::vector<float> exposure;   ///< [n³] photons that the model of 1 would have put there
  std::array<Cube, 2> half;      ///< W of the even and of the odd frames
  std::vector<double> fsc;       ///< [n/2+1] of the two halves, each shell's mean taken out
  std::vector<FramePose> poses;  ///< [frames]
  /// On the grid; off it; off it, after a last look at the grid for orientations far away, among
  /// the copies that pseudo-symmetries make of a frame's orientation; off it to the end.
  enum class Stage : std::uint8_t { grid, local, copies, final } stage = Stage::grid;
  bool grows = false;     ///< from noise, without its point group, whose axes are sought later
  std::size_t begun = 0;  ///< iterations before the annealing began
  std::vector<Quaternion> pseudo_symmetries;  ///< the model is nearly itself when turned by them
  std::vector<EmcRecord> history;
  std::string stop_reason;  ///< empty while it goes on
};

/// The frames, the geometry and the group: what does not change.
struct EmcSetting {
  FrameStore& store;
  PointGroup laue;
  double voxels_per_pixel = 1;
  std::size_t size = 0;  ///< n, voxels across
  double spacing_rad = 0;
  std::uint64_t seed = 0;
  std::optional<double> largest_sum = {};  ///< of VoxelSums; automatic: as the frames need
  MakeDevice make_device = {};             ///< for the grid; what is off it is the processor's
};

class VolumeEmc {
 public:
  using Sums = std::array<VoxelSums, 2>;  ///< of even and odd frames

  /// The setting and the monitor must outlive it.
  VolumeEmc(const EmcSetting& setting, const EmcOptions& options, int threads, Monitor& monitor);

  /// A start from noise, at first without the group, or from a model W.
  void start();
  void start(Cube model);
  /// From known orientations [frames]: straight to refinement off the grid.
  void start(const std::vector<Quaternion>& poses);
  /// Goes on from a checkpoint of the same frames and options.
  void resume(EmcState state) { state_ = std::move(state); }
  /// One iteration; false where it has ended (stop_reason says why).
  bool iterate();
  /// What a single look at all frames gives.
  struct Placed {
    std::unique_ptr<Sums> sums;
    double gain = 0;  ///< mean, nats
  };
  /// Finds every frame's orientation, from all over the grid and, where the stage is not `grid`,
  /// off it: the poses of state(). The model stays. `own`: whether it was made of these frames; off
  /// the grid, each half is then held against the other's model.
  Placed place(bool own);
  /// The model that sums ask for: symmetrised, floored, scaled; and the correlation of its halves.
  /// `beta`: of the posteriors behind the sums (place: 1); the annealing's where it is not given.
  void update_model(const Sums& sums, std::optional<double> beta = {});
  const EmcState& state() const { return state_; }
  /// Where the half sets' correlation falls below 1/2, pixels of q.
  double agreement_px() const;
  const LabPoints& points() const { return points_; }

 private:
  /// How a frame is fitted off the grid.
  struct Fit {
    std::size_t steps;  ///< of a climb, at most
    double blur;        ///< standard deviation about each axis that is added to the posteriors
  };

  double beta(float photons) const;
  double mean_beta() const;
  double grid_spacing() const;
  EmcRecord grid_iteration();
  /// Off the grid: new candidates from all over the grid beside each frame's best.
  EmcRecord look_around();
  EmcState::Stage next_stage() const;
  /// The group that the model has at present: none while it grows.
  const PointGroup& group() const { return state_.grows ? none_ : setting_.laue; }
  /// [n³] as a model of the present group.
  Cube symmetrised(std::vector<double> values) const;
  Cube noise() const;
  /// Whether a model that grows without its group has decided, or must.
  bool grown() const;
  /// Turns a model that grew without its group to the group's axes; where it has none, begins
  /// again from noise within the group.
  void enter_group();
  /// Within what radius, in voxels, the model can be trusted.
  double trusted_radius() const;
  /// Leaves each frame its best orientation only, and those of one half their copies.
  void offer_copies(std::size_t half);
  void find_pseudo_symmetries();
  std::size_t iterations_off_grid() const;  ///< since the last on it
  /// Standard deviation about each axis by which the frames are blurred off the grid: half of its
  /// spacing at first, halved every second iteration. A sharp model holds its frames where they
  /// are.
  double blur() const;
  EmcRecord local_iteration();
  /// E step on the grid: posteriors into state_.poses, sums of the views into `sums`.
  /// With `beta` in place of the annealing's where it is given.
  double expect_on_grid(const LikelihoodEngine& engine, const ViewGrid& views, RateSums* sums,
                        std::optional<float> beta = {});
  std::vector<Quaternion> best_orientations() const;
  LikelihoodEngine engine_of(const ViewGrid& views) const;
  void conclude_on_grid(const FrameTile& tile, const ViewGrid& views,
                        std::span<const std::size_t> frames);
  /// Lane d's best views, none a neighbour of a better one; and, where they differ, their twins.
  void choose_candidates(const FrameTile& tile, std::size_t d, const ViewGrid& views,
                         FramePose& pose) const;
  std::unique_ptr<Sums> compress(const RateSums& sums, const ViewGrid& views) const;
  /// Each half against the other's model: a frame is not held where its own photons are.
  std::array<LocalSearch, 2> crossed_search() const;
  /// All frames' E step off the grid, even frames by the first search and odd ones by the second;
  /// gain is their mean.
  std::unique_ptr<Sums> fit_frames(const std::array<LocalSearch, 2>& search, const Fit& how,
                                   double& gain);
  /// One frame's E step off the grid; scatters it into its half's sums.
  void fit_frame(const LocalSearch& search, const Fit& how, const BinnedFrames& frames,
                 std::size_t row, std::size_t frame, LocalScratch& scratch, Sums& sums);
  void scatter_frame(const LocalFit& fit, double blur, double share, double photons,
                     const LocalScratch& scratch, VoxelSums& sums) const;
  /// First and last + 1 of the frames that this rank fits off the grid.
  std::array<std::size_t, 2> own_frames() const;
  /// Some for each worker, as the memory allows.
  std::vector<std::unique_ptr<Sums>> make_sums() const;
  /// The sums of all workers of all ranks.
  std::unique_ptr<Sums> joined(std::vector<std::unique_ptr<Sums>> sums) const;
  /// Rates of the halves, not a number where a half saw nothing.
  std::array<Cube, 2> rates(const HalfSums& sums) const;
  std::vector<double> correlate_halves(const HalfSums& sums) const;
  EmcRecord record(double gain, double spacing, const std::vector<Quaternion>& before) const;
  /// The first shell that the innermost ring sees.
  std::size_t innermost_shell() const;
  bool settled() const;
  std::string reason_to_stop() const;
  void report_iteration() const;

  const EmcSetting& setting_;
  EmcOptions options_;
  int threads_;
  Monitor& monitor_;
  LabPoints points_;  ///< of the bins
  FinePoints fine_;
  AutocorrelationLimit limit_;
  PointGroup none_ = laue_class(point_group("C1"));
  double photons_ = 0;  ///< of all frames
  double largest_sum_ = 0;
  EmcState state_;
};

/// Sums over images of each voxel under a group and Friedel's inversion, divided by their number:
/// in place, [n][n][n]; trilinear where an operation does not map the grid onto itself.
void symmetrise(std::vector<double>& cube, std::size_t n, const PointGroup& laue, int threads);

/// Harmonics of ring i of the engine: πr of a turn (pixels sample arcs of one pixel).
std::vector<std::size_t> ring_limits(const PolarBinning& binning);

}  // namespace spi
