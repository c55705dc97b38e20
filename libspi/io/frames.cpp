// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/frames.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "libspi/io/frame_files.h"
#include "libspi/io/growing_frames.h"
#include "libspi/io/hdf5_handles.h"
#include "libspi/io/record.h"

namespace spi {

void FrameBlock::clear() {
  id.clear();
  start.clear();
  pixel.clear();
  count.clear();
}

void FrameBlock::append(const FrameBlock& more) {
  if (start.empty()) start.push_back(0);
  const std::uint64_t base = pixel.size();
  id.insert(id.end(), more.id.begin(), more.id.end());
  for (std::size_t i = 1; i < more.start.size(); ++i) start.push_back(base + more.start[i]);
  pixel.insert(pixel.end(), more.pixel.begin(), more.pixel.end());
  count.insert(count.end(), more.count.begin(), more.count.end());
}

void FrameBlock::append_dense(std::uint64_t frame_id, const std::vector<std::uint32_t>& counts) {
  if (start.empty()) start.push_back(0);
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) {
      pixel.push_back(static_cast<std::uint32_t>(i));
      count.push_back(counts[i]);
    }
  id.push_back(frame_id);
  start.push_back(pixel.size());
}

std::vector<std::uint64_t> numbered_ids(std::uint64_t first_id, std::size_t frames) {
  std::vector<std::uint64_t> ids(frames);
  std::iota(ids.begin(), ids.end(), first_id);
  return ids;
}

DragonflyFrame split_frame(const FrameBlock& block, std::size_t frame, std::size_t pixels) {
  constexpr auto kLargest = static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max());
  DragonflyFrame split;
  for (std::uint64_t k = block.start[frame]; k < block.start[frame + 1]; ++k) {
    const std::uint32_t pixel = block.pixel[k], count = block.count[k];
    SPI_ASSERT(pixel < pixels && count > 0);
    if (pixel > kLargest || count > kLargest)
      fail("frame ", block.id[frame], " has ", count, " photons on pixel ", pixel,
           ": more than Dragonfly's 32-bit files can hold");
    if (count == 1) {
      split.place_ones.push_back(static_cast<std::int32_t>(pixel));
    } else {
      split.place_multi.push_back(static_cast<std::int32_t>(pixel));
      split.count_multi.push_back(static_cast<std::int32_t>(count));
    }
  }
  return split;
}

void FrameJoiner::append(FrameBlock& block, std::uint64_t id, std::size_t index,
                         std::span<const std::int32_t> place_ones,
                         std::span<const std::int32_t> place_multi,
                         std::span<const std::int32_t> count_multi) {
  const auto add = [&](std::int32_t place, std::int32_t count) {
    if (place < 0 || static_cast<std::size_t>(place) >= pixels_)
      fail(name_, ": frame ", index, " has a photon on pixel ", place, ", the detector has ",
           pixels_, " pixels");
    if (count < 1) fail(name_, ": frame ", index, " has ", count, " photons on pixel ", place);
    photons_.emplace_back(place, count);
  };
  photons_.clear();
  for (const std::int32_t place : place_ones) add(place, 1);
  for (std::size_t k = 0; k < place_multi.size(); ++k) add(place_multi[k], count_multi[k]);
  std::ranges::sort(photons_);
  if (block.start.empty()) block.start.push_back(0);
  for (std::size_t k = 0; k < photons_.size(); ++k) {
    if (k > 0 && photons_[k].first == photons_[k - 1].first)
      fail(name_, ": frame ", index, " names pixel ", photons_[k].first, " twice");
    block.pixel.push_back(photons_[k].first);
    block.count.push_back(photons_[k].second);
  }
  block.id.push_back(id);
  block.start.push_back(block.pixel.size());
}

namespace {

/// Several files read as one.
class JoinedFrames : public FrameReader {
 public:
  explicit JoinedFrames(std::vector<std::unique_ptr<FrameReader>> parts)
      : parts_(std::move(parts)) {
    for (const auto& part : parts_) start_.push_back(start_.back() + part->frames());
  }

  std::size_t frames() const override { return start_.back(); }
  std::size_t pixels() const override { return parts_.front()->pixels(); }
  FrameBlock read(std::size_t first, std::size_t n) override;
  std::vector<std::uint64_t> ids() const override {
    std::vector<std::uint64_t> all;
    for (const auto& part : parts_) {
      const auto some = part->ids();
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }
  std::optional<Detector> detector() const override {
    for (const auto& part : parts_)
      if (auto found = part->detector()) return found;
    return std::nullopt;
  }
  std::string kind() const override {
    return text_of(parts_.size(), " files, the first: ", parts_.front()->kind());
  }

 private:
  std::vector<std::unique_ptr<FrameReader>> parts_;
  std::vector<std::size_t> start_{0};
};

FrameBlock JoinedFrames::read(std::size_t first, std::size_t n) {
  first = std::min(first, frames());
  const std::size_t last = first + std::min(n, frames() - first);
  FrameBlock block;
  block.start = {0};
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    const std::size_t from = std::max(first, start_[part]);
    const std::size_t to = std::min(last, start_[part + 1]);
    if (from < to) block.append(parts_[part]->read(from - start_[part], to - from));
  }
  return block;
}

using SpiOpener = std::unique_ptr<FrameReader> (*)(h5::File);

std::unique_ptr<FrameReader> open_one(const std::filesystem::path& path, std::uint64_t first_id,
                                      SpiOpener open_spi = open_spi_frames) {
  if (!h5::File::is_hdf5(path)) return open_emc(path, first_id);
  h5::File file = h5::File::open(path);
  const std::string format = format_of(file);
  if (format == "spi-frames") return open_spi(std::move(file));
  if (!format.empty()) fail(path.string(), " is a file of kind ", format, ", not of frames");
  if (file.exists("place_ones")) return open_dragonfly_frames(std::move(file), first_id);
  fail(path.string(),
       " holds no frames: neither ours (frames.h5) nor Dragonfly's (num_pix, place_ones, ...); a "
       "stack of dense images becomes frames through spi-convert");
}

/// Ids name frames for good, so one may not stand for two frames. Files of other programs are
/// numbered here, and only several files of ours can clash.
void check_ids(const FrameReader& reader) {
  auto ids = reader.ids();
  std::ranges::sort(ids);
  const auto twice = std::ranges::adjacent_find(ids);
  if (twice != ids.end())
    fail("the frame id ", *twice, " occurs in two of the files: is one of them given twice?");
}

}  // namespace

std::unique_ptr<FrameReader> open_frames(const std::vector<std::filesystem::path>& paths) {
  if (paths.empty()) fail("no file of frames given");
  std::vector<std::unique_ptr<FrameReader>> parts;
  bool has_own_ids = false;
  for (std::size_t k = 0; k < paths.size(); ++k) {
    parts.push_back(open_one(paths[k], std::uint64_t{k} << kFileIdShift));
    has_own_ids = has_own_ids || parts.back()->kind().starts_with("spi");
    if (parts.back()->pixels() != parts.front()->pixels())
      fail(paths[k].string(), " has frames of ", parts.back()->pixels(), " pixels, ",
           paths.front().string(), " of ", parts.front()->pixels());
  }
  if (parts.size() == 1) return std::move(parts.front());
  auto joined = std::make_unique<JoinedFrames>(std::move(parts));
  if (has_own_ids) check_ids(*joined);
  return joined;
}

bool is_growing(const std::filesystem::path& path) { return h5::detail::is_written_in_swmr(path); }

std::unique_ptr<FrameReader> open_frames_so_far(const std::filesystem::path& path,
                                                std::uint64_t first_id) {
  return open_one(path, first_id, open_spi_frames_so_far);
}

std::unique_ptr<FrameWriter> create_frames(const std::filesystem::path& path, FrameFormat format,
                                           const Detector& detector, const Provenance& provenance) {
  switch (format) {
    case FrameFormat::emc:
      return create_emc(path, detector.pixels());
    case FrameFormat::dragonfly:
      return create_dragonfly_frames(path, detector.pixels());
    case FrameFormat::spi:
      break;
  }
  return create_spi_frames(path, detector, provenance);
}

}  // namespace spi
