// SPDX-License-Identifier: GPL-3.0-or-later
// The E and M step of LikelihoodEngine and RateSums on a CUDA device.
#pragma once

#include <memory>
#include <span>

#include "libspi/polar/rate_sums.h"

namespace spi {

/// What comes back of a tile beside its results.
struct TileReturns {
  bool shares = false;   ///< the posterior's first part, Re P̂ at harmonic 0: [K][lanes] Σ_s P
  std::size_t best = 0;  ///< FrameTile::best, of so many classes or all of fewer
};

/// Takes blocks of RateSums::kBlockTiles tiles. Results are those of LikelihoodEngine::expect and
/// RateSums::add to rounding: products, and the transforms between harmonics and angles, are split
/// into TF32 numbers and as exact as single precision (docs/decisions/cuda.md). They do not depend
/// on how fast anything ends.
class DeviceLikelihood {
 public:
  virtual ~DeviceLikelihood() = default;

  /// Takes the model that the engine has, and begins new sums; null: the E step only. UserError
  /// where it does not fit.
  virtual void begin(const RateSums* sums) = 0;
  /// A block: tiles with count, photons, beta (and fluence where known), and which rows of `frames`
  /// they are, [sum of counts] in order. Tile n is number n of its block; all but the last two are
  /// full. Returns when `frames` is no longer needed; at most one block may be on its way before
  /// this one.
  virtual void submit(std::span<FrameTile> tiles, const BinnedFrames& frames,
                      std::span<const std::size_t> rows) = 0;
  /// Of the oldest block that is on its way: every tile's results, and its TileReturns.
  virtual void collect() = 0;
  /// Adds what has been collected to the sums that it began with.
  virtual void finish(RateSums& sums) = 0;
};

/// On the device that the n-th rank of this machine takes. DeviceError in builds without CUDA.
/// `engine` must outlive it.
std::unique_ptr<DeviceLikelihood> likelihood_on_cuda(const LikelihoodEngine& engine,
                                                     const TileReturns& returns, std::size_t n);

}  // namespace spi
