// SPDX-License-Identifier: GPL-3.0-or-later
// Sparse frames on polar bins.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "libspi/io/frames.h"
#include "libspi/polar/polar_binning.h"

namespace spi {

/// Frames in compressed rows: frame d holds entries [start[d], start[d+1]). An entry is bin·256 +
/// (count - 1); more than 256 photons in a bin take several entries.
struct BinnedFrames {
  std::vector<std::uint64_t> start{0};  ///< [n + 1]
  std::vector<std::uint32_t> entry;
  std::vector<float> photons;  ///< [n] N_d, photons in the bins

  std::size_t frames() const { return photons.size(); }
  std::size_t bytes() const;
  /// Appends frames; photons outside the bins are left out.
  void append(const FrameBlock& block, const PolarBinning& binning);
  /// The same with the bin of each pixel, below 2^24, or PolarBinning::kNoBin.
  void append(const FrameBlock& block, std::span<const std::uint32_t> bin);
  /// Appends all frames of another.
  void append(const BinnedFrames& other);
  /// Adds the counts of a frame to out[bins].
  void add_to(std::size_t frame, float* out) const;
  void clear();

  static std::uint32_t bin_of(std::uint32_t entry) { return entry >> 8; }
  static std::uint32_t count_of(std::uint32_t entry) { return (entry & 255) + 1; }
};

}  // namespace spi
