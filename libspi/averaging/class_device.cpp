// SPDX-License-Identifier: GPL-3.0-or-later
// The E and M step of ClassEmc, on the processor or on a device.
#include <array>

#include "libspi/averaging/class_emc.h"
#include "libspi/base/parallel.h"

namespace spi {

std::vector<std::size_t> ClassEmc::pass_expecting(const std::vector<std::size_t>& frames,
                                                  bool accumulate, const Conditions& conditions,
                                                  const Record& record) {
  if (setting_.make_device) return pass_on_device(frames, accumulate, conditions, record);
  return pass(frames, accumulate,
              [&](FrameTile& tile, std::size_t first, LikelihoodEngine::Scratch& scratch) {
                conditions(tile, first);
                engine_.expect(tile, scratch);
                record(tile, first);
              });
}

std::vector<std::size_t> ClassEmc::pass_on_device(const std::vector<std::size_t>& frames,
                                                  bool accumulate, const Conditions& conditions,
                                                  const Record& record) {
  constexpr std::size_t kLanes = FrameTile::kLanes, kBlock = RateSums::kBlockFrames;
  Team& team = setting_.store.team();
  if (!device_) device_ = setting_.make_device(engine_);
  const std::vector<std::size_t> parts = parts_of(frames);
  const std::size_t begin = parts[team.rank()], end = parts[team.rank() + 1];
  device_->begin(accumulate ? *sums_ : RateSums(engine_, 1));
  std::array<std::vector<FrameTile>, 2> blocks;  // one on the device, one in preparation
  Progress progress(monitor_, "averaging", end - begin);
  const auto conclude = [&](std::size_t from) {
    std::vector<FrameTile>& tiles = blocks[from / kBlock % 2];
    device_->collect();
    parallel_for(tiles.size(), threads_,
                 [&](std::size_t n, int) { record(tiles[n], from + n * kLanes); });
    if (accumulate && overlap_) overlap_->add(tiles, from / kLanes, threads_);
    progress.advance(std::min(kBlock, end - from));
  };
  for (std::size_t from = begin; from < end; from += kBlock) {
    const std::size_t to = std::min(end, from + kBlock);
    const FrameStore::View view = setting_.store.load(frames[from], frames[to - 1] + 1);
    std::vector<std::size_t> rows;
    for (std::size_t n = from; n < to; ++n) rows.push_back(frames[n] - view.offset);
    std::vector<FrameTile>& tiles = blocks[from / kBlock % 2];
    tiles.assign((to - from + kLanes - 1) / kLanes, FrameTile());
    for (std::size_t n = 0; n < tiles.size(); ++n) {
      const std::size_t first = from + n * kLanes;
      tiles[n].count = std::min(kLanes, to - first);
      for (std::size_t d = 0; d < tiles[n].count; ++d)
        tiles[n].photons[d] = view.frames->photons[rows[first - from + d]];
      conditions(tiles[n], first);
    }
    device_->submit(tiles, *view.frames, rows);
    if (from > begin) conclude(from - kBlock);
  }
  if (end > begin) conclude((end - 1) / kBlock * kBlock);
  if (accumulate) device_->finish(*sums_);
  if (accumulate) sums_->finish(threads_, team);
  if (accumulate && overlap_) overlap_->finish(team);
  return parts;
}

}  // namespace spi
