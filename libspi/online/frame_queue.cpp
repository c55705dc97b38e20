// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/online/frame_queue.h"

#include <algorithm>

#include "libspi/averaging/frame_source.h"
#include "libspi/base/error.h"
#include "libspi/io/growing_frames.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

constexpr auto kOld = std::chrono::seconds(2);  ///< a file that rested so long is finished

bool is_unfinished(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name.find(".tmp-") != name.npos;
}

}  // namespace

FrameQueue::FrameQueue(const std::vector<fs::path>& inputs,
                       const std::optional<fs::path>& detector_file, const DetectorHints& hints,
                       Monitor& monitor)
    : monitor_(monitor) {
  for (const fs::path& input : inputs) {
    std::error_code error;
    const fs::path absolute = fs::canonical(input, error);
    if (error) fail("cannot read ", input.string(), ": ", error.message());
    inputs_.push_back(absolute);
  }
  if (detector_file) detector_ = read_detector(*detector_file, hints);
}

void FrameQueue::resume(const std::vector<TakenFile>& files, const Detector& detector) {
  SPI_ASSERT(entries_.empty());
  detector_ = detector;
  for (const TakenFile& file : files) {
    Entry& entry = entries_.emplace_back();
    entry.taken = file;
    entry.frames = file.frames;
    known_.insert(file.path.string());
  }
}

void FrameQueue::repeat(const std::vector<TakenFile>& files, const Detector& detector) {
  resume(files, detector);
  for (Entry& entry : entries_) entry.taken.frames = 0;
}

void FrameQueue::discover(const fs::path& path) {
  if (known_.insert(path.string()).second) entries_.emplace_back().taken.path = path;
}

void FrameQueue::discover() {
  for (const fs::path& input : inputs_) {
    std::error_code error;
    if (!fs::is_directory(input, error)) {
      discover(input);
      continue;
    }
    std::vector<fs::path> files;
    for (fs::directory_iterator at(input, error), end; !error && at != end; at.increment(error)) {
      std::error_code ignored;
      if (at->is_regular_file(ignored) && !is_unfinished(at->path())) files.push_back(at->path());
    }
    if (error) monitor_.warn(text_of("cannot list ", input.string(), ": ", error.message()));
    std::ranges::sort(files);
    for (const fs::path& file : files) discover(file);
  }
}

/// Whether its writer lets others read along, or has finished and it was not opened since.
bool FrameQueue::is_ready(Entry& entry) const {
  std::error_code error;
  const Stamp now{fs::file_size(entry.taken.path, error),
                  fs::last_write_time(entry.taken.path, error)};
  if (error) return false;
  const bool rests =
      entry.was_seen ? entry.seen == now : fs::file_time_type::clock::now() - now.time > kOld;
  entry.seen = now, entry.was_seen = true;
  // frames may be appended within the tick of a clock, and the growing file look the same
  return is_growing(entry.taken.path) || (rests && !(entry.was_opened && entry.opened == now));
}

std::unique_ptr<FrameReader> FrameQueue::reader_of(const Entry& entry, std::uint64_t number) const {
  auto reader = open_frames_so_far(entry.taken.path, number << kFileIdShift);
  if (detector_ && reader->pixels() != detector_->pixels())
    fail("its frames have ", reader->pixels(), " pixels, the detector has ", detector_->pixels());
  if (entry.taken.frames > reader->frames())
    fail("it has ", reader->frames(), " frames, of which ", entry.taken.frames, " were taken");
  if (entry.taken.frames > 0) {
    const std::uint64_t id = reader->read(entry.taken.frames - 1, 1).id.front();
    if (id != entry.taken.last_id)
      fail("another file has taken its place: frame ", entry.taken.frames - 1, " was ",
           entry.taken.last_id, ", is ", id);
  }
  return reader;
}

void FrameQueue::leave_out(Entry& entry, const std::string& why) {
  entry.broken = true;
  entry.frames = entry.taken.frames;
  if (!std::exchange(entry.named, true))
    monitor_.warn(text_of("leaving out ", entry.taken.path.string(), " until it changes: ", why));
}

void FrameQueue::open(Entry& entry, std::uint64_t number) {
  try {
    const auto reader = reader_of(entry, number);
    if (!detector_) {
      detector_ = reader->detector();
      if (!detector_)
        fail("a file of kind ", reader->kind(), " does not hold a detector: give --detector FILE");
    }
    entry.frames = reader->frames();
    if (std::exchange(entry.broken, false))
      monitor_.info(text_of(entry.taken.path.string(), " can be read now"));
  } catch (const UserError& error) {
    leave_out(entry, error.what());
  }
}

bool FrameQueue::look() {
  discover();
  const std::size_t before = waiting();
  for (std::size_t k = 0; k < entries_.size(); ++k) {
    Entry& entry = entries_[k];
    if (!is_ready(entry)) continue;
    entry.opened = entry.seen, entry.was_opened = true;
    open(entry, k);
  }
  return waiting() > before;
}

std::size_t FrameQueue::waiting() const {
  std::size_t frames = 0;
  for (const Entry& entry : entries_) frames += entry.frames - entry.taken.frames;
  return frames;
}

void FrameQueue::append_from(Entry& entry, std::uint64_t number, std::size_t n, FrameBlock& block) {
  try {
    const auto reader = reader_of(entry, number);
    const std::size_t first = entry.taken.frames;
    std::vector<std::size_t> damaged;
    FrameBlock more = read_around_damage(*reader, first, n, [&](std::size_t at, const char* why) {
      monitor_.warn(text_of("rejecting a damaged frame: ", why));
      damaged.push_back(at - first);
    });
    if (!damaged.empty())
      for (const auto ids = reader->ids(); const std::size_t d : damaged)
        more.id[d] = ids[first + d];
    if (more.frames() == 0) return;
    entry.taken.frames += more.frames();
    entry.taken.last_id = more.id.back();
    block.append(more);
  } catch (const UserError& error) {
    leave_out(entry, error.what());
  }
}

FrameBlock FrameQueue::take(std::size_t n) {
  FrameBlock block;
  block.start = {0};
  for (std::size_t k = 0; k < entries_.size() && block.frames() < n; ++k) {
    const std::size_t more =
        std::min(n - block.frames(), entries_[k].frames - entries_[k].taken.frames);
    if (more > 0) append_from(entries_[k], k, more, block);
  }
  return block;
}

std::vector<TakenFile> FrameQueue::files() const {
  std::vector<TakenFile> files;
  for (const Entry& entry : entries_) files.push_back(entry.taken);
  return files;
}

std::size_t FrameQueue::broken_files() const {
  return std::size_t(std::ranges::count(entries_, true, &Entry::broken));
}

}  // namespace spi
