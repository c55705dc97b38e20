// SPDX-License-Identifier: GPL-3.0-or-later
// The options of 2D class averaging.
#pragma once

#include <filesystem>
#include <optional>

#include "libspi/base/options.h"
#include "libspi/base/random.h"
#include "libspi/polar/polar_binning.h"

namespace spi {

/// What is done about the frames' fluences.
enum class FluenceModel2D { free, equal };
template <>
struct EnumNames<FluenceModel2D> {
  static constexpr std::array<std::string_view, 2> values{"free", "equal"};
};

struct AveragingOptions {
  std::size_t classes = 100;
  std::size_t still_classes = 0;
  std::size_t bootstrap_runs = 1;
  std::optional<double> bootstrap_fraction;  ///< automatic: 1 for one run, else 0.8
  std::size_t max_iterations = 60;
  double settled_fraction = 0.01;
  double held_out = 0;
  FluenceModel2D fluence = FluenceModel2D::free;
  std::optional<std::filesystem::path> fluence_file;
  double beta_factor = 1;
  std::size_t beta_period = 2;
  std::optional<double> band_limit;  ///< particle's extent in units of 1/q of a pixel
  double pseudo_counts = 0.3;
  double floor = 0.01;
  double brightest = 100;
  Memory max_memory{4.0 * (1 << 30)};
  std::uint64_t seed = kDefaultSeed;

  double fraction() const {
    return bootstrap_fraction.value_or(bootstrap_runs == 1 ? 1.0 : 0.8);
  }
  void describe(OptionSet& options);
};

}  // namespace spi
