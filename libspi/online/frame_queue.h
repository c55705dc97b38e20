// SPDX-License-Identifier: GPL-3.0-or-later
// Frames in the order in which they come: from files that grow and folders that fill.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/io/frames.h"

namespace spi {

/// How far a file has been read.
struct TakenFile {
  std::filesystem::path path;  ///< absolute
  std::size_t frames = 0;      ///< taken from its beginning
  std::uint64_t last_id = 0;   ///< of the last of them, where the file says ids
};

/// A file counts when it has not changed from one look to the next, or for two seconds, and its
/// reader opens it; a frames.h5 in HDF5's SWMR mode counts as it grows. Files that cannot be read
/// are named once, left out, and tried again when they change. Files count in the order of their
/// discovery, those of one look by name; hidden ones and unfinished ones of ours (.tmp-) do not.
/// Frames of file number k get the ids of open_frames on the whole list.
class FrameQueue {
 public:
  /// Inputs are files or folders. UserError where one does not exist or the detector file is bad.
  FrameQueue(const std::vector<std::filesystem::path>& inputs,
             const std::optional<std::filesystem::path>& detector_file, const DetectorHints& hints,
             Monitor& monitor);

  /// Goes on where another queue stood: its files come first, in its order. Before the first look.
  void resume(const std::vector<TakenFile>& files, const Detector& detector);
  /// Waits with the frames that another queue took, to take them once more.
  void repeat(const std::vector<TakenFile>& files, const Detector& detector);
  /// Looks at inputs and files; whether there are frames that no look had seen before.
  bool look();
  /// Frames that are there and not taken.
  std::size_t waiting() const;
  /// The next n frames, or as many as there are. A damaged frame is named and comes without
  /// photons.
  FrameBlock take(std::size_t n);

  /// Known from the first frame on.
  const std::optional<Detector>& detector() const { return detector_; }
  /// The files of which frames were taken or waited for, in their order.
  std::vector<TakenFile> files() const;
  /// Files that could not be read when last looked at.
  std::size_t broken_files() const;

 private:
  struct Stamp {
    std::uintmax_t size = 0;
    std::filesystem::file_time_type time = {};
    bool operator==(const Stamp&) const = default;
  };
  struct Entry {
    TakenFile taken;
    std::size_t frames = 0;        ///< there at the last look
    Stamp seen = {}, opened = {};  ///< at the last look; when it was last opened
    bool was_seen = false, was_opened = false, broken = false, named = false;
  };

  void discover();
  void discover(const std::filesystem::path& path);
  bool is_ready(Entry& entry) const;
  void open(Entry& entry, std::uint64_t number);
  std::unique_ptr<FrameReader> reader_of(const Entry& entry, std::uint64_t number) const;
  void leave_out(Entry& entry, const std::string& why);
  void append_from(Entry& entry, std::uint64_t number, std::size_t n, FrameBlock& block);

  std::vector<std::filesystem::path> inputs_;
  Monitor& monitor_;
  std::optional<Detector> detector_;
  std::vector<Entry> entries_;
  std::unordered_set<std::string> known_;  ///< paths of the entries
};

}  // namespace spi
