// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/threshold.h"

#include <bit>
#include <vector>

#include "libspi/base/parallel.h"

namespace spi {
namespace {

using Histogram = std::vector<std::uint32_t>;
constexpr std::size_t kBins = kRadixBins;

/// Counts of the bins that `bin` gives the bits of positive values, kBins for none.
template <class Bin>
Histogram count_bins(std::size_t parts, int threads, const ValuesOfPart& values, const Bin& bin) {
  std::vector<Histogram> of_worker(std::size_t(threads), Histogram(kBins + 1));
  parallel_for(parts, threads, [&](std::size_t part, int worker) {
    Histogram& histogram = of_worker[std::size_t(worker)];
    values(part, [&](const float* value, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i)
        ++histogram[value[i] > 0 ? bin(std::bit_cast<std::uint32_t>(value[i])) : kBins];
    });
  });
  for (std::size_t w = 1; w < of_worker.size(); ++w)
    for (std::size_t b = 0; b < kBins; ++b) of_worker[0][b] += of_worker[w][b];
  return std::move(of_worker[0]);
}

}  // namespace

std::size_t descend(const std::uint32_t* histogram, std::size_t& left) {
  for (std::size_t b = kBins; b-- > 0;) {
    if (histogram[b] >= left) return b;
    left -= histogram[b];
  }
  return kBins;
}

float nth_largest(std::size_t parts, std::size_t count, int threads, const ValuesOfPart& values) {
  // Positive floats are ordered as their bits.
  std::size_t left = count;
  const std::size_t high = descend(
      count_bins(parts, threads, values, [](std::uint32_t bits) { return bits >> 16; }).data(),
      left);
  if (high == kBins) return 0;
  const std::size_t low =
      descend(count_bins(parts, threads, values,
                         [&](std::uint32_t bits) {
                           return bits >> 16 == high ? bits & 0xffff : std::uint32_t(kBins);
                         })
                  .data(),
              left);
  return std::bit_cast<float>(std::uint32_t(high << 16 | low));
}

}  // namespace spi
