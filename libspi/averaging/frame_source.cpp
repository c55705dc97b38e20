// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/frame_source.h"

#include <algorithm>

#include "libspi/base/error.h"

namespace spi {
namespace {

class FramesInMemory final : public FrameReader {
 public:
  FramesInMemory(FrameBlock block, std::size_t pixels)
      : block_(std::move(block)), pixels_(pixels) {}

  std::size_t frames() const override { return block_.frames(); }
  std::size_t pixels() const override { return pixels_; }
  std::vector<std::uint64_t> ids() const override { return block_.id; }
  std::string kind() const override { return "frames in memory"; }
  FrameBlock read(std::size_t first, std::size_t n) override {
    first = std::min(first, frames());
    const std::size_t last = first + std::min(n, frames() - first);
    const auto part = [&](const auto& all, std::uint64_t from, std::uint64_t to) {
      return std::vector(all.begin() + std::ptrdiff_t(from), all.begin() + std::ptrdiff_t(to));
    };
    const std::uint64_t from = block_.start[first], to = block_.start[last];
    FrameBlock some{.id = part(block_.id, first, last),
                    .start = part(block_.start, first, last + 1),
                    .pixel = part(block_.pixel, from, to),
                    .count = part(block_.count, from, to)};
    for (std::uint64_t& start : some.start) start -= from;
    return some;
  }

 private:
  FrameBlock block_;
  std::size_t pixels_;
};

}  // namespace

FrameBlock read_around_damage(FrameReader& reader, std::size_t first, std::size_t n,
                              const std::function<void(std::size_t, const char*)>& damaged) {
  try {
    return reader.read(first, n);
  } catch (const UserError& error) {
    if (n == 1) {
      damaged(first, error.what());
      FrameBlock empty;
      empty.id = {0};
      empty.start = {0, 0};
      return empty;
    }
  }
  FrameBlock halves = read_around_damage(reader, first, n / 2, damaged);  // closes in on the damage
  halves.append(read_around_damage(reader, first + n / 2, n - n / 2, damaged));
  return halves;
}

FrameSource::FrameSource(FrameBlock frames, const Detector& detector, Monitor& monitor)
    : monitor_(monitor),
      team_(alone()),
      detector_(detector),
      has_detector_(true),
      start_{0, frames.frames()},
      ids_(frames.id) {
  parts_.push_back(std::make_unique<FramesInMemory>(std::move(frames), detector.pixels()));
}

FrameSource::FrameSource(const std::vector<std::filesystem::path>& paths,
                         const std::optional<std::filesystem::path>& detector_file,
                         const DetectorHints& hints, Monitor& monitor, Team& team)
    : monitor_(monitor), team_(team) {
  if (paths.empty()) fail("no file of frames given");
  if (detector_file) detector_ = read_detector(*detector_file, hints), has_detector_ = true;
  for (std::size_t k = 0; k < paths.size(); ++k) {
    try {
      add_file(paths[k], std::uint64_t{k} << kFileIdShift);
    } catch (const UserError& error) {
      if (paths.size() == 1) throw;
      monitor_.warn(text_of("leaving out ", paths[k].string(), ": ", error.what()));
      ++broken_files_;
    }
  }
  if (parts_.empty()) fail("none of the ", paths.size(), " files of frames can be used");
}

void FrameSource::add_file(const std::filesystem::path& path, std::uint64_t first_id) {
  auto reader = open_frames({path});
  if (!has_detector_) {
    auto inside = reader->detector();
    if (!inside)
      fail(path.string(), " (", reader->kind(), ") does not hold a detector: give --detector FILE");
    detector_ = std::move(*inside), has_detector_ = true;
  }
  if (reader->pixels() != detector_.pixels())
    fail(path.string(), " has frames of ", reader->pixels(), " pixels, the detector has ",
         detector_.pixels());
  auto ids = reader->ids();
  if (!reader->kind().starts_with("spi"))
    for (auto& id : ids) id += first_id;
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  start_.push_back(start_.back() + reader->frames());
  parts_.push_back(std::move(reader));
}

FrameBlock FrameSource::read_part(std::size_t part, std::size_t first, std::size_t n) {
  return read_around_damage(*parts_[part], first, n, [&](std::size_t frame, const char* why) {
    const std::size_t index = start_[part] + frame;
    const auto at = std::ranges::lower_bound(damaged_, index);
    if (at != damaged_.end() && *at == index) return;
    monitor_.warn(text_of("rejecting frame ", ids_[index], ": ", why));
    damaged_.insert(at, index);
  });
}

void FrameSource::select(const Selection& selection) {
  selected_ = selected(selection, ids_, SelectionOf::frames);
}

FrameBlock FrameSource::read(std::size_t first, std::size_t n) {
  first = std::min(first, frames());
  const std::size_t last = first + std::min(n, frames() - first);
  FrameBlock block;
  block.start = {0};
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    const std::size_t from = std::max(first, start_[part]), to = std::min(last, start_[part + 1]);
    if (from < to) block.append(read_part(part, from - start_[part], to - from));
  }
  std::copy_n(ids_.begin() + std::ptrdiff_t(first), block.id.size(), block.id.begin());
  return block;
}

}  // namespace spi
