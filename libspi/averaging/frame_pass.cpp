// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/frame_pass.h"

#include <algorithm>
#include <array>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

using Lists = FramePass::Lists;

/// The frames between the first and the last of them.
FrameStore::View load(FrameStore& store, const Lists& lists) {
  std::size_t from = store.frames(), to = 0;
  for (const auto& list : lists) {
    if (list.empty()) continue;
    from = std::min(from, list.front()), to = std::max(to, list.back() + 1);
  }
  SPI_ASSERT(from < to);
  return store.load(from, to);
}

/// Frames of the store to rows of what was loaded; returns how many there are.
std::size_t make_rows(Lists& lists, const FrameStore::View& view) {
  std::size_t count = 0;
  for (auto& list : lists) {
    for (std::size_t& frame : list) frame -= view.offset;
    count += list.size();
  }
  return count;
}

}  // namespace

MakeDevice device_maker(Device device, const Team& team) {
  SPI_ASSERT(device != Device::automatic);
  if (device == Device::cpu) return {};
  return
      [rank = team.rank_on_machine()](const LikelihoodEngine& engine, const TileReturns& returns) {
        return likelihood_on_cuda(engine, returns, rank);
      };
}

FramePass::Lists FramePass::lists(std::size_t first, std::size_t most) const {
  Lists lists;
  for (std::size_t n = first; n < std::min(tiles_.end, first + most); ++n)
    lists.push_back(tiles_.of(n));
  return lists;
}

void FramePass::on_processor(const Prepare& prepare, const Together& together) const {
  const LikelihoodEngine& engine = setting_.engine;
  const int threads = setting_.threads;
  const double most = setting_.room / double(engine.tile_bytes(engine.classes()));
  // Pairs of tiles may interleave their frames.
  const std::size_t group = std::min({std::size_t(std::max(2., most)) / 2 * 2,
                                      std::size_t(4 * threads), tiles_.end - tiles_.first});
  std::vector<FrameTile> tiles(group);
  std::vector<Scratch> scratch(std::size_t(threads) + 1);
  Progress progress(setting_.monitor, setting_.task, tiles_.frames);
  for (std::size_t first = tiles_.first; first < tiles_.end; first += group) {
    Lists rows = lists(first, group);
    const FrameStore::View view = load(setting_.store, rows);
    const std::size_t loaded = make_rows(rows, view);
    parallel_for(rows.size(), threads, [&](std::size_t n, int worker) {
      engine.load(*view.frames, rows[n], tiles[n], scratch[std::size_t(worker)]);
      prepare(tiles[n], first + n, scratch[std::size_t(worker)]);
    });
    together({tiles.data(), rows.size()}, first);
    progress.advance(loaded);
  }
}

void FramePass::expect(DeviceLikelihood* device, const TileReturns& returns, RateSums* sums,
                       const Steps& steps) const {
  const LikelihoodEngine& engine = setting_.engine;
  const auto on_tile = [&](FrameTile& tile, std::size_t n, Scratch& scratch) {
    steps.conditions(tile, n);
    engine.expect(tile, scratch);
    if (returns.best > 0)
      engine.rank_classes(std::min(returns.best, engine.classes()), scratch, tile);
    steps.record(tile, n);
  };
  const auto together = [&](std::span<const FrameTile> tiles, std::size_t first) {
    if (sums) sums->add(tiles, first, setting_.threads);
    if (steps.together) steps.together(tiles, first);
  };
  if (device)
    expect_on_device(*device, sums, steps);
  else
    on_processor(on_tile, together);
  if (sums) sums->finish(setting_.threads, setting_.store.team());
}

void FramePass::expect_on_device(DeviceLikelihood& device, RateSums* sums,
                                 const Steps& steps) const {
  constexpr std::size_t kBlock = RateSums::kBlockTiles;
  std::array<std::vector<FrameTile>, 2> blocks;  // one on the device, one in preparation
  Progress progress(setting_.monitor, setting_.task, tiles_.frames);
  const auto conclude = [&](std::size_t first) {
    std::vector<FrameTile>& tiles = blocks[first / kBlock % 2];
    device.collect();
    parallel_for(tiles.size(), setting_.threads,
                 [&](std::size_t n, int) { steps.record(tiles[n], first + n); });
    if (steps.together) steps.together(tiles, first);
    std::size_t frames = 0;
    for (const FrameTile& tile : tiles) frames += tile.count;
    progress.advance(frames);
  };
  device.begin(sums);
  for (std::size_t first = tiles_.first; first < tiles_.end; first += kBlock) {
    Lists rows = lists(first, kBlock);
    const FrameStore::View view = load(setting_.store, rows);
    std::vector<std::size_t> all;
    all.reserve(make_rows(rows, view));
    std::vector<FrameTile>& tiles = blocks[first / kBlock % 2];
    tiles.assign(rows.size(), FrameTile());
    for (std::size_t n = 0; n < tiles.size(); ++n) {
      tiles[n].count = rows[n].size();
      for (std::size_t d = 0; d < tiles[n].count; ++d)
        tiles[n].photons[d] = view.frames->photons[rows[n][d]];
      all.insert(all.end(), rows[n].begin(), rows[n].end());
      steps.conditions(tiles[n], first + n);
    }
    device.submit(tiles, *view.frames, all);
    if (first > tiles_.first) conclude(first - kBlock);
  }
  if (tiles_.end > tiles_.first) conclude((tiles_.end - 1) / kBlock * kBlock);
  if (sums) device.finish(*sums);
}

}  // namespace spi
