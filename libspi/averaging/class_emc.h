// SPDX-License-Identifier: GPL-3.0-or-later
// One run of 2D EMC: sorts frames into class averages with in-plane rotation and fluence.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libspi/averaging/angular_prior.h"
#include "libspi/averaging/frame_store.h"
#include "libspi/averaging/options.h"
#include "libspi/polar/rate_sums.h"

namespace spi {

/// One iteration's line of the convergence table.
struct IterationRecord {
  double beta = 0;         ///< mean over frames
  double gain = 0;         ///< mean of 1/β ln Σ prior e^{β gain}: nats a frame gained over the mean
  double information = 0;  ///< mean nats a frame tells on its class and angle
  double changed = 0;      ///< fraction of frames whose best class is another than before
  double reseeded = 0;     ///< classes that were empty
};

/// Everything that goes from one iteration to the next, and so into a checkpoint.
struct ClassRun {
  std::size_t run = 0;
  RateModel model;
  std::vector<std::uint32_t> best_class, best_shift;            ///< [members]
  std::vector<float> probability, fluence, information;         ///< [members]
  std::vector<double> occupancy;                                ///< [K] Σ_d P_d(k)
  std::vector<IterationRecord> history;
  std::string stop_reason;  ///< empty while the run goes on
};

class ClassEmc {
 public:
  /// `limit` as the engine's. `fluence`: known fluences by store frame, or empty.
  ClassEmc(FrameStore& store, std::vector<std::size_t> limit, std::vector<float> fluence,
           const AveragingOptions& options, std::size_t run, int threads, Monitor& monitor);

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
  /// Mean gain at β = 1 of the frames kept out of the run; 0 where there are none.
  double held_out_gain();

 private:
  using Prepare = std::function<void(FrameTile&, std::size_t first, LikelihoodEngine::Scratch&)>;
  void pass(const std::vector<std::size_t>& frames, bool accumulate, const Prepare& prepare);
  double beta(float photons) const;
  void update_model();
  std::size_t reseed();
  void rates_from(std::size_t k, int half, float* rate) const;
  void conclude(IterationRecord record);

  FrameStore& store_;
  AveragingOptions options_;
  int threads_;
  Monitor& monitor_;
  std::vector<float> fluence_;
  std::vector<std::size_t> members_, held_out_;
  LikelihoodEngine engine_;
  std::unique_ptr<AngularPrior> prior_;
  std::unique_ptr<RateSums> sums_;
  ClassRun run_;
};

}  // namespace spi
