// SPDX-License-Identifier: GPL-3.0-or-later
// One run of 2D EMC: sorts frames into class averages with in-plane rotation and fluence.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libspi/averaging/angular_prior.h"
#include "libspi/averaging/class_overlap.h"
#include "libspi/averaging/frame_pass.h"
#include "libspi/averaging/options.h"
#include "libspi/polar/rate_sums.h"

namespace spi {

/// One iteration's line of the convergence table.
struct IterationRecord {
  double beta = 0;  ///< mean over frames
  double gain = 0;  ///< mean of 1/β ln Σ prior e^{β gain}: nats a frame gained over the mean
  double information = 0;  ///< mean nats a frame tells on its class and angle
  double changed = 0;      ///< fraction of frames whose best class is another than before
  double reseeded = 0;     ///< classes that were empty or copies and are made anew
};

/// Everything that goes from one iteration to the next, and so into a checkpoint.
struct ClassRun {
  std::size_t run = 0;
  RateModel model;
  std::vector<std::uint32_t> best_class, best_shift;     ///< [members]
  std::vector<float> probability, fluence, information;  ///< [members], see FramePosterior
  std::vector<double> occupancy, photons;                ///< [K] Σ_d P_d(k), Σ_d N_d P_d(k)
  std::vector<IterationRecord> history;
  std::string stop_reason;  ///< empty while the run goes on
};

/// What all runs share.
struct ClassSetting {
  FrameStore& store;
  std::vector<std::size_t> limit;  ///< [R] the engine's harmonic limits
  std::vector<float> fluence;      ///< [store frames] where they are known, or empty
  const AngularPrior* prior;       ///< or nullptr: no smoothing
  std::uint64_t seed;
  MakeDevice make_device = {};
};

class ClassEmc {
 public:
  /// `setting` and the monitor must outlive it. UsageError where there are fewer frames than
  /// classes.
  ClassEmc(ClassSetting& setting, const AveragingOptions& options, std::size_t run, int threads,
           Monitor& monitor);

  /// A start from random classes and angles.
  void start();
  /// Goes on from a checkpoint of the same frames and options.
  void resume(ClassRun run);
  /// One iteration; false where the run has ended (stop_reason says why).
  bool iterate();
  const ClassRun& state() const { return run_; }

  /// [members] store frames that take part in this run, ascending.
  const std::vector<std::size_t>& members() const { return members_; }
  /// The last iteration's sums, for half sets and weights; of the model before its update.
  const RateSums& sums() const { return *sums_; }
  const LikelihoodEngine& engine() const { return engine_; }
  /// Mean gain at β = 1 of the frames kept out of the run; nullopt where there are none.
  std::optional<double> held_out_gain();
  /// The rates [R][T] that the last sums of class k (half set 0 or 1, or both: 2) ask for.
  void rates_from(std::size_t k, int half, float* rate) const;

 private:
  static constexpr std::size_t kShapingAtOne = 12;  ///< iterations at β = 1 with split and merge

  static constexpr std::size_t kAfterFilling = 2;  ///< iterations after empty classes are filled

  /// The independent random streams: the `step` of Random.
  enum class Draw : std::uint32_t { held_out = 1000, bootstrap, start, split };
  Random random_for(Draw draw, std::size_t run, std::uint64_t id) const;

  /// Bounds of each rank's part of these frames: blocks of RateSums stay whole.
  std::vector<std::size_t> parts_of(const std::vector<std::size_t>& frames) const;
  /// Over this rank's part of these frames, which must outlive it: 64 in a row are a tile.
  FramePass pass_over(const std::vector<std::size_t>& frames) const;
  /// The E step of these frames, and their M step unless `sums` is null.
  void expect(const std::vector<std::size_t>& frames, RateSums* sums,
              const FramePass::Steps& steps);
  /// The E step: posteriors of all members, sums, and the run's members' columns.
  IterationRecord expect();
  double beta(float photons) const;
  void update_model();
  /// Σ_d P_d(k) and Σ_d N_d P_d(k) of the run, from those of this rank's tiles.
  void sum_occupancy(const std::vector<std::vector<std::array<float, 2>>>& tiles);
  /// Split and merge, while classes take shape; returns how many classes are made anew.
  std::size_t reshape(double mean_beta);
  std::size_t fill_empty();
  /// The iteration (from 1) after which empty classes were filled, or 0.
  std::size_t filled_at() const;
  bool settled() const;
  /// Why the run should end now, or nothing.
  std::string reason_to_stop() const;
  void report_iteration();
  double least_occupancy() const;
  std::vector<std::size_t> spare_classes() const;
  Dispersion dispersion();
  using Pairs = std::vector<std::array<std::size_t, 2>>;  ///< {class to halve, class to make}
  Pairs mixtures_to_split(const std::vector<std::size_t>& spare);
  Pairs full_classes_to_split(const std::vector<std::size_t>& spare) const;
  void sort_by_occupancy(std::vector<std::size_t>& classes) const;
  void split(const Pairs& pairs, bool by_residual);
  /// Sums with every frame in one class at one shift: assigned(n) for the n-th of `frames`.
  void sum_assigned(const std::vector<std::size_t>& frames,
                    const std::function<std::array<std::size_t, 2>(std::size_t)>& assigned);
  void load_conditions(FrameTile& tile, const std::vector<std::size_t>& frames,
                       std::size_t number) const;

  ClassSetting& setting_;
  AveragingOptions options_;
  int threads_;
  Monitor& monitor_;
  std::vector<std::size_t> members_, held_out_;
  std::vector<float> photons_;  ///< [members]
  double largest_sum_ = 0;      ///< of photons and of fluences
  LikelihoodEngine engine_;
  std::unique_ptr<DeviceLikelihood> device_;  ///< from its first use on
  std::unique_ptr<RateSums> sums_;
  std::unique_ptr<ClassOverlap> overlap_;
  std::vector<float> residual_;  ///< [members] z of Dispersion; before that, the gain
  ClassRun run_;
};

}  // namespace spi
