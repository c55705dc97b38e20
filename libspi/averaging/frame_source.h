// SPDX-License-Identifier: GPL-3.0-or-later
// All frames of a list of files, of which some may be broken.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/base/team.h"
#include "libspi/io/frames.h"
#include "libspi/io/selection.h"

namespace spi {

/// Frames [first, first + n) of a reader, clipped to the end. A frame that cannot be read comes
/// without photons, its id 0, after a call of damaged(its index, why).
FrameBlock read_around_damage(FrameReader& reader, std::size_t first, std::size_t n,
                              const std::function<void(std::size_t, const char*)>& damaged);

/// Reads what can be read. A file that cannot be opened, or whose frames have another number of
/// pixels than the detector, is left out with a warning that names it; so is a damaged frame inside
/// a good file: it comes back without photons and is listed in damaged(). Ids are those of
/// open_frames on the whole list.
class FrameSource {
 public:
  /// `detector_file` wins over the detectors inside the files. UserError where no file is left, or
  /// no detector is known. The monitor and the team, the ranks that share the work on the frames,
  /// must outlive it.
  FrameSource(const std::vector<std::filesystem::path>& paths,
              const std::optional<std::filesystem::path>& detector_file, const DetectorHints& hints,
              Monitor& monitor, Team& team = alone());

  /// Frames in memory.
  FrameSource(FrameBlock frames, const Detector& detector, Monitor& monitor);

  Team& team() const { return team_; }
  const Detector& detector() const { return detector_; }
  std::size_t frames() const { return start_.back(); }
  /// [frames()]
  const std::vector<std::uint64_t>& ids() const { return ids_; }
  std::size_t broken_files() const { return broken_files_; }
  /// Leaves out the frames that are not in the selection. UserError where it fits none.
  void select(const Selection& selection);
  bool is_selected(std::size_t frame) const { return selected_.empty() || selected_[frame]; }
  /// Frames [first, first + n), clipped to the end, in order.
  FrameBlock read(std::size_t first, std::size_t n);
  /// Indices of the damaged frames among those read so far, ascending.
  const std::vector<std::size_t>& damaged() const { return damaged_; }

 private:
  void add_file(const std::filesystem::path& path, std::uint64_t first_id);
  FrameBlock read_part(std::size_t part, std::size_t first, std::size_t n);

  Monitor& monitor_;
  Team& team_;
  Detector detector_;
  bool has_detector_ = false;
  std::vector<std::unique_ptr<FrameReader>> parts_;
  std::vector<std::size_t> start_{0};
  std::vector<std::uint64_t> ids_;
  std::vector<bool> selected_;  ///< [frames()], or empty: all
  std::vector<std::size_t> damaged_;
  std::size_t broken_files_ = 0;
};

}  // namespace spi
