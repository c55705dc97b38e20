// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of base/random.h that training uses, each for one kind of draw.
#pragma once

#include <cstdint>

#include "libspi/base/random.h"

namespace spi::learn::keys {

inline constexpr std::uint32_t kSplit = 0x6c01, kShuffle = 0x6c02, kWeights = 0x6c03,
                               kSteps = 0x6c04, kMembers = 0x6c05;

/// The seed of member m of an ensemble: member 0 has the ensemble's.
inline std::uint64_t member_seed(std::uint64_t seed, std::size_t member) {
  return member == 0 ? seed : Random(seed, kMembers, member).bits64();
}

}  // namespace spi::learn::keys
