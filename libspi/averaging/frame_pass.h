// SPDX-License-Identifier: GPL-3.0-or-later
// One pass of EMC over the frames: tile by tile through the E step, and into the sums of the M
// step. The one place that knows whether a processor or a device does it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libspi/averaging/frame_store.h"
#include "libspi/base/device.h"
#include "libspi/polar/device_likelihood.h"

namespace spi {

/// A device for the E and M step of an engine; empty: the processor.
using MakeDevice =
    std::function<std::unique_ptr<DeviceLikelihood>(const LikelihoodEngine&, const TileReturns&)>;

/// Of a device that is not `automatic`, for this rank of the team.
MakeDevice device_maker(Device device, const Team& team);

/// Tiles [first, end) of RateSums, from the beginning of a block to the end of one or of all.
struct TileRange {
  std::size_t first = 0, end = 0;
  std::size_t frames = 0;  ///< in all of them
  /// A tile's frames of the store, ascending. All but the last two tiles are full.
  std::function<std::vector<std::size_t>(std::size_t tile)> of;
};

class FramePass {
 public:
  struct Setting {
    FrameStore& store;
    const LikelihoodEngine& engine;
    double room;  ///< bytes that tiles may take on the processor
    int threads;
    Monitor& monitor;
    std::string task;  ///< as progress names it
  };
  FramePass(Setting setting, TileRange tiles)
      : setting_(std::move(setting)), tiles_(std::move(tiles)) {}

  using Scratch = LikelihoodEngine::Scratch;
  /// Of a loaded tile. Called for several at once, each with its own scratch.
  using Prepare = std::function<void(FrameTile&, std::size_t tile, Scratch&)>;
  /// Of tiles first, first + 1, ... that have been prepared: called in their order.
  using Together = std::function<void(std::span<const FrameTile>, std::size_t first)>;
  void on_processor(const Prepare& prepare, const Together& together) const;

  /// What is done with a tile before and after the E step, several at once, and with tiles
  /// together. Frames have photons and no harmonics, posteriors what `returns` asks for.
  struct Steps {
    std::function<void(FrameTile&, std::size_t tile)> conditions;  ///< beta, and fluence if known
    std::function<void(const FrameTile&, std::size_t tile)> record;
    Together together;
  };
  /// The E step of all tiles, on a device that was made with these `returns` or, where it is null,
  /// on the processor; and the M step of all ranks' tiles, unless `sums` is null.
  void expect(DeviceLikelihood* device, const TileReturns& returns, RateSums* sums,
              const Steps& steps) const;

  using Lists = std::vector<std::vector<std::size_t>>;  ///< frames of each of some tiles

 private:
  /// Of `most` tiles from there on, or as many as there are.
  Lists lists(std::size_t first, std::size_t most) const;
  void expect_on_device(DeviceLikelihood& device, RateSums* sums, const Steps& steps) const;

  Setting setting_;
  TileRange tiles_;
};

}  // namespace spi
