// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/frame_source.h"

#include <algorithm>

#include "libspi/base/error.h"

namespace spi {
namespace {

void append(FrameBlock& block, const FrameBlock& more) {
  const std::uint64_t base = block.pixel.size();
  block.id.insert(block.id.end(), more.id.begin(), more.id.end());
  for (std::size_t i = 1; i < more.start.size(); ++i) block.start.push_back(base + more.start[i]);
  block.pixel.insert(block.pixel.end(), more.pixel.begin(), more.pixel.end());
  block.count.insert(block.count.end(), more.count.begin(), more.count.end());
}

}  // namespace

FrameSource::FrameSource(const std::vector<std::filesystem::path>& paths,
                         const std::optional<std::filesystem::path>& detector_file,
                         const DetectorHints& hints, Monitor& monitor)
    : monitor_(monitor) {
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
  try {
    return parts_[part]->read(first, n);
  } catch (const UserError& error) {
    if (n == 1) {
      const std::size_t index = start_[part] + first;
      const auto at = std::ranges::lower_bound(damaged_, index);
      if (at == damaged_.end() || *at != index) {
        monitor_.warn(text_of("rejecting frame ", ids_[index], ": ", error.what()));
        damaged_.insert(at, index);
      }
      FrameBlock empty;
      empty.id = {ids_[index]};
      empty.start = {0, 0};
      return empty;
    }
  }
  FrameBlock halves = read_part(part, first, n / 2);  // closes in on the damage
  append(halves, read_part(part, first + n / 2, n - n / 2));
  return halves;
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
    if (from < to) append(block, read_part(part, from - start_[part], to - from));
  }
  std::copy_n(ids_.begin() + std::ptrdiff_t(first), block.id.size(), block.id.begin());
  return block;
}

}  // namespace spi
