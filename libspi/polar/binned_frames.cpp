// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/binned_frames.h"

#include <algorithm>

namespace spi {

std::size_t BinnedFrames::bytes() const {
  return start.size() * sizeof start[0] + entry.size() * sizeof entry[0] +
         photons.size() * sizeof photons[0];
}

void BinnedFrames::append(const FrameBlock& block, const PolarBinning& binning) {
  append(block, binning.bin());
}

void BinnedFrames::append(const FrameBlock& block, std::span<const std::uint32_t> bin) {
  for (std::size_t d = 0; d < block.frames(); ++d) {
    double sum = 0;
    for (std::uint64_t k = block.start[d]; k < block.start[d + 1]; ++k) {
      const std::uint32_t b = bin[block.pixel[k]];
      if (b == PolarBinning::kNoBin) continue;
      sum += block.count[k];
      for (std::uint32_t left = block.count[k]; left > 0;) {
        const std::uint32_t some = std::min(left, 256u);
        entry.push_back((b << 8) | (some - 1));
        left -= some;
      }
    }
    start.push_back(entry.size());
    photons.push_back(float(sum));
  }
}

void BinnedFrames::append(const BinnedFrames& other) {
  const std::uint64_t before = entry.size();
  entry.insert(entry.end(), other.entry.begin(), other.entry.end());
  photons.insert(photons.end(), other.photons.begin(), other.photons.end());
  for (std::size_t d = 0; d < other.frames(); ++d) start.push_back(before + other.start[d + 1]);
}

void BinnedFrames::add_to(std::size_t frame, float* out) const {
  for (std::uint64_t e = start[frame]; e < start[frame + 1]; ++e)
    out[bin_of(entry[e])] += float(count_of(entry[e]));
}

void BinnedFrames::clear() { *this = {}; }

}  // namespace spi
