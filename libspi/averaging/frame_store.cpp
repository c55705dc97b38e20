// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/frame_store.h"

#include <algorithm>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr std::size_t kBlock = 4096;  ///< frames read at a time

/// A rank keeps so many frames beyond its part: its last block may reach there.
constexpr std::size_t kOverlap = 2048;

}  // namespace

FrameStore::FrameStore(FrameSource& source, const PolarBinningOptions& binning, double brightest,
                       double cache_bytes, Monitor& monitor)
    : source_(source),
      binning_(source.detector(), binning),
      survey_(survey_frames(source, binning_, brightest, monitor)) {
  binning_.exclude(survey_.excluded);
  const auto& correction = source.detector().correction;
  radial_mean_ = std::make_unique<RadialMean>(binning_, correction, survey_.total, survey_.used);
  area_ = radial_mean_->area(binning_, correction);
  number_frames();
  const auto bounds = equal_parts(frames(), team().size());
  const std::size_t first = bounds[team().rank()];
  const std::size_t last = std::min(frames(), bounds[team().rank() + 1] + kOverlap);
  double bytes = 0;  // at most: one entry a photon
  for (std::size_t n = first; n < last; ++n) bytes += 4 * double(photons(n)) + 12;
  if (bytes <= cache_bytes) keep(first, last);
}

FrameStore::FrameStore(FrameSource& source, const PolarBinning& binning, const RadialMean& mean,
                       Survey survey)
    : source_(source),
      binning_(binning),
      survey_(std::move(survey)),
      radial_mean_(std::make_unique<RadialMean>(mean)),
      area_(mean.area(binning_, source.detector().correction)) {
  number_frames();
  keep(0, frames());
}

void FrameStore::number_frames() {
  for (std::size_t d = 0; d < survey_.fate.size(); ++d)
    if (survey_.fate[d] == FrameFate::used) index_.push_back(d);
}

void FrameStore::keep(std::size_t first, std::size_t last) {
  append_binned(first, last, binning_.bin(), kept_);
  first_kept_ = first, last_kept_ = last;
  in_memory_ = true;
}

std::vector<std::size_t> FrameStore::parts(
    std::size_t count, std::size_t block,
    const std::function<std::size_t(std::size_t)>& frame_of) const {
  const std::vector<std::size_t> kept = equal_parts(frames(), team().size());
  std::vector<std::size_t> bounds(kept.size(), count);
  std::size_t rank = 0;
  for (std::size_t n = 0; n < count; n += block)
    for (const std::size_t frame = frame_of(n); frame >= kept[rank]; ++rank) bounds[rank] = n;
  return bounds;
}

std::vector<std::size_t> FrameStore::parts(std::size_t block) const {
  return parts(frames(), block, [](std::size_t n) { return n; });
}

BinnedFrames FrameStore::read(std::size_t first, std::size_t last,
                              std::span<const std::uint32_t> bin) {
  SPI_ASSERT(first <= last && last <= frames() && bin.size() == binning_.pixels());
  BinnedFrames out;
  append_binned(first, last, bin, out);
  return out;
}

void FrameStore::append_binned(std::size_t first, std::size_t last,
                               std::span<const std::uint32_t> bin, BinnedFrames& out) {
  for (std::size_t frame = first; frame < last;) {
    const std::size_t from = index_[frame];
    const FrameBlock block = source_.read(from, std::min(kBlock, index_[last - 1] + 1 - from));
    FrameBlock used;
    used.start = {0};
    for (; frame < last && index_[frame] < from + block.frames(); ++frame) {
      const std::size_t d = index_[frame] - from;
      const auto begin = std::ptrdiff_t(block.start[d]), end = std::ptrdiff_t(block.start[d + 1]);
      used.id.push_back(block.id[d]);
      used.pixel.insert(used.pixel.end(), block.pixel.begin() + begin, block.pixel.begin() + end);
      used.count.insert(used.count.end(), block.count.begin() + begin, block.count.begin() + end);
      used.start.push_back(used.pixel.size());
    }
    out.append(used, bin);
  }
}

FrameStore::View FrameStore::load(std::size_t first, std::size_t last) {
  SPI_ASSERT(first <= last && last <= frames());
  if (first_kept_ <= first && last <= last_kept_) return {&kept_, first_kept_};
  passing_.clear();
  append_binned(first, last, binning_.bin(), passing_);
  return {&passing_, first};
}

void refuse_identical(FrameStore& store) {
  const std::size_t frames = std::min<std::size_t>(store.frames(), 4096);
  if (frames < 2) fail("one frame alone cannot be reconstructed");
  const FrameStore::View view = store.load(0, frames);
  const BinnedFrames& f = *view.frames;
  const auto row = [&](std::size_t d) {
    return std::span(f.entry).subspan(f.start[d], f.start[d + 1] - f.start[d]);
  };
  for (std::size_t d = 1; d < frames; ++d)
    if (!std::ranges::equal(row(d), row(0))) return;
  fail("all ", frames, " frames are identical: there is nothing to reconstruct");
}

}  // namespace spi
