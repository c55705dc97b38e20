// SPDX-License-Identifier: GPL-3.0-or-later
// What is true of averages of simulated frames.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/averaging/averaging.h"

namespace spi {

/// Of each average of all runs: the most frequent kind among its members, their part, and the mean
/// melting parameter of those of them that melt (NaN where none does).
struct AveragesTruth {
  std::vector<std::string> kind_names;
  std::vector<std::uint8_t> kind;       ///< [N]
  std::vector<double> purity, melting;  ///< [N]

  /// Part of all members that are of their average's kind.
  double overall_purity = 0;
};

/// From the group `truth` of the frame files, by frame id; nullopt unless every one is a frames.h5
/// of ours with the same kinds.
std::optional<AveragesTruth> truth_of_averages(const AveragingResult& result,
                                               const std::vector<std::filesystem::path>& frames);

}  // namespace spi
