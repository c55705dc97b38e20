// SPDX-License-Identifier: GPL-3.0-or-later
// A first look at all frames: which pixels and which frames cannot be trusted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libspi/averaging/frame_source.h"
#include "libspi/polar/polar_binning.h"

namespace spi {

enum class FrameFate : std::uint8_t { used, damaged, duplicate, empty, too_bright, not_selected };
template <>
struct EnumNames<FrameFate> {
  static constexpr std::array<std::string_view, 6> values{
      "used", "damaged", "duplicate id", "without photons", "too bright", "not selected"};
};

struct Survey {
  std::vector<FrameFate> fate;         ///< [frames]
  std::vector<float> photons;          ///< [frames] on the pixels in use
  std::vector<double> total;           ///< [P] counts summed over the frames used
  std::vector<std::uint8_t> excluded;  ///< [P] 1: hot, 2: dead
  std::size_t used = 0;

  std::size_t count(FrameFate fate) const;
};

/// One to three passes over the frames, of which each rank of the source's team reads its part.
/// Pixels: within unit-wide annuli, a pixel whose sum lies more than 12 standard deviations from
/// the trimmed mean E is hot or dead. The variance is E + 4 E²/F_eff: Poisson, and the speckle of
/// F_eff = (Σ N)²/Σ N² independent patterns with twice the contrast of full speckle. Of 10⁶ pixels,
/// even the exponential tail of one speckle pattern reaches 12·2 E once in 10⁴ data sets.
/// Frames: without photons in the bins, with more than `brightest` times the median, damaged, and
/// the second of two frames of one id are not used; nor are those that are not selected.
Survey survey_frames(FrameSource& source, const PolarBinning& binning, double brightest,
                     Monitor& monitor);

/// Warns of the frames that were rejected: "rejected 2 frames too bright: 17, 23".
void warn_of_rejected(const std::vector<std::uint64_t>& ids, const Survey& survey,
                      Monitor& monitor);

}  // namespace spi
