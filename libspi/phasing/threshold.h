// SPDX-License-Identifier: GPL-3.0-or-later
// Exact selection among positive numbers that are produced twice rather than stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace spi {

/// Feeds every value of part i, in any order, to `use`; called twice for each part.
using ValuesOfPart = std::function<void(std::size_t part,
                                        const std::function<void(const float*, std::size_t)>& use)>;

/// The largest t such that at least `count` of the values are >= t, or 0 where fewer than `count`
/// are positive. Two radix passes over the bits of the positive values: exact, and independent of
/// order and threads.
float nth_largest(std::size_t parts, std::size_t count, int threads, const ValuesOfPart& values);

/// Counts of the high 16 bits of positive values, or of the low 16 of those that share them.
constexpr std::size_t kRadixBins = 65536;
/// Goes down from the highest bin until `left` values are passed; the bin, or kRadixBins. `left`
/// then says how many of that bin's are wanted.
std::size_t descend(const std::uint32_t* histogram, std::size_t& left);

}  // namespace spi
