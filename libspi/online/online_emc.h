// SPDX-License-Identifier: GPL-3.0-or-later
// EMC over frames each of which is seen once. docs/theory/reconstruction.md says what is computed.
#pragma once

#include <filesystem>
#include <optional>
#include <unordered_set>

#include "libspi/emc/reconstruct.h"
#include "libspi/online/online_state.h"
#include "libspi/online/options.h"

namespace spi {

/// The same frames in the same batches give the same model, whatever the threads or interruptions.
class OnlineEmc {
 public:
  OnlineEmc(const OnlineOptions& options, std::uint64_t seed, int threads, Monitor& monitor);

  /// The first model: EMC of these frames, with its checkpoint at that path. UserError as of
  /// reconstruct_emc.
  void begin(FrameBlock first, const Detector& detector, const std::filesystem::path& checkpoint);
  /// Goes on from a state that has begun.
  void resume(OnlineState state);
  /// Places frames by the model so far, then renews it. Frames without photons, too bright ones and
  /// those whose id was placed before are named and left out. Cancelled leaves all as it was.
  void place(FrameBlock frames);

  /// All but `files`, which the caller keeps.
  const OnlineState& state() const { return state_; }
  OnlineState& state() { return state_; }
  /// What model.h5 holds.
  Model model() const;

 private:
  void fix_geometry();
  Survey judge(const FrameBlock& frames) const;
  void place(FrameSource& source, const Survey& survey, bool own);
  void place_used(FrameSource& source, const Survey& survey, bool own);
  EmcSetting setting_of(FrameStore& store) const;
  /// Factor of the sums so far when `more` frames come.
  double fading(std::size_t more) const;
  void keep_poses(const FrameStore& store, const std::vector<FramePose>& poses);

  OnlineOptions options_;
  std::uint64_t seed_;
  int threads_;
  Monitor& monitor_;
  PointGroup group_, laue_;
  OnlineState state_;
  EmcState model_;  ///< what the sums say
  std::optional<PolarBinning> binning_;
  std::optional<RadialMean> mean_;
  std::unordered_set<std::uint64_t> placed_;  ///< ids
};

}  // namespace spi
