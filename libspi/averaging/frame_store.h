// SPDX-License-Identifier: GPL-3.0-or-later
// The frames that take part, on polar bins: in memory where they fit, else read again and again.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "libspi/averaging/survey.h"
#include "libspi/polar/binned_frames.h"

namespace spi {

/// Frames are numbered 0, 1, ... among those that the survey found usable, in reading order. The
/// ranks of the source's team know of all frames, but each keeps only its part in memory.
class FrameStore {
 public:
  /// Surveys the source; keeps the binned frames where this rank's take at most `cache_bytes`.
  FrameStore(FrameSource& source, const PolarBinningOptions& binning, double brightest,
             double cache_bytes, Monitor& monitor);

  /// The frames that `survey` uses, kept in memory, on bins and about a radial mean that other
  /// frames have fixed.
  FrameStore(FrameSource& source, const PolarBinning& binning, const RadialMean& mean,
             Survey survey);

  Team& team() const { return source_.team(); }
  /// Which part of a list of frames each rank takes: bounds [ranks+1] of places in a list of
  /// `count` frames whose n-th is frame_of(n), ascending. Blocks of `block` stay whole; who keeps a
  /// block's first frame takes it.
  std::vector<std::size_t> parts(std::size_t count, std::size_t block,
                                 const std::function<std::size_t(std::size_t)>& frame_of) const;
  /// The same of all frames.
  std::vector<std::size_t> parts(std::size_t block) const;

  std::size_t frames() const { return index_.size(); }
  std::uint64_t id(std::size_t frame) const { return source_.ids()[index_[frame]]; }
  /// The frame's position among all frames of the source.
  std::size_t source_index(std::size_t frame) const { return index_[frame]; }
  /// N_d, photons in the bins.
  float photons(std::size_t frame) const { return survey_.photons[index_[frame]]; }
  bool in_memory() const { return in_memory_; }

  const Detector& detector() const { return source_.detector(); }
  const PolarBinning& binning() const { return binning_; }
  const RadialMean& radial_mean() const { return *radial_mean_; }
  const std::vector<double>& area() const { return area_; }  ///< [R][T]
  const Survey& survey() const { return survey_; }

  /// Binned frames among which [first, last) are rows first - offset, ...
  struct View {
    const BinnedFrames* frames;
    std::size_t offset;
  };
  /// Valid until the next call. Not thread-safe.
  View load(std::size_t first, std::size_t last);
  /// Frames [first, last) on other bins, read from the source: the bin of each pixel, below 2^24,
  /// or PolarBinning::kNoBin. Not thread-safe.
  BinnedFrames read(std::size_t first, std::size_t last, std::span<const std::uint32_t> bin);

 private:
  void number_frames();
  void keep(std::size_t first, std::size_t last);
  void append_binned(std::size_t first, std::size_t last, std::span<const std::uint32_t> bin,
                     BinnedFrames& out);

  FrameSource& source_;
  PolarBinning binning_;
  Survey survey_;
  std::unique_ptr<RadialMean> radial_mean_;
  std::vector<double> area_;
  std::vector<std::size_t> index_;
  BinnedFrames kept_, passing_;
  std::size_t first_kept_ = 0, last_kept_ = 0;
  bool in_memory_ = false;
};

/// UserError where there are fewer than two frames, or the first 4 096 are all the same.
void refuse_identical(FrameStore& store);

}  // namespace spi
