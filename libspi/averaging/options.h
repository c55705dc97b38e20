// SPDX-License-Identifier: GPL-3.0-or-later
// The options of 2D class averaging.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "libspi/averaging/emc_run.h"
#include "libspi/base/options.h"
#include "libspi/base/random.h"
#include "libspi/polar/polar_binning.h"

namespace spi {

enum class Smoothing { prior, none };
template <>
struct EnumNames<Smoothing> {
  static constexpr std::array<std::string_view, 2> values{"prior", "none"};
};

enum class Fluences { free, equal };
template <>
struct EnumNames<Fluences> {
  static constexpr std::array<std::string_view, 2> values{"free", "equal"};
};

struct AveragingOptions : EmcRunOptions {
  std::size_t classes = 100;
  std::vector<std::size_t> try_classes;  ///< empty: take `classes`
  std::size_t still_classes = 0;
  std::size_t bootstrap_runs = 1;
  std::optional<std::size_t> only_run;       ///< leave the others to other jobs
  std::optional<double> bootstrap_fraction;  ///< automatic: 1 for one run, else 0.8
  double held_out = 0;

  Fluences fluence = Fluences::free;
  std::optional<std::filesystem::path> fluence_file;
  Smoothing smoothing = Smoothing::prior;
  double floor = 0.3;  ///< photons a bin
  std::optional<Length> diameter;
  double settled = 0.02;

  PolarBinningOptions polar = {.ring_width = 2};

  double fraction() const { return bootstrap_fraction.value_or(bootstrap_runs == 1 ? 1.0 : 0.8); }
  void describe(OptionSet& options);
};

/// Known fluences from a file: text with one positive number a frame, in reading order (#
/// comments), or FILE.h5:DATASET. UserError unless there are `frames` of them, all positive.
std::vector<float> read_fluences(const std::filesystem::path& path, std::size_t frames);

}  // namespace spi
