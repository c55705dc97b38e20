// SPDX-License-Identifier: GPL-3.0-or-later
// Which points of the latent space to decode, and how many data stand behind them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/options.h"
#include "models/vae/latents.h"

namespace spi::vae {

struct DecodeOptions {
  std::optional<std::string> at = {}, line = {}, path = {};
  std::optional<std::size_t> grid = {};
  std::size_t steps = 12;
  double support_radius = 0.25;

  void describe(OptionSet& options);
};

struct LatentPoints {
  std::size_t dim = 0;
  std::vector<double> z = {};               ///< [M][L]
  std::vector<std::uint32_t> support = {};  ///< [M] data within the support radius
  std::size_t columns = 0;  ///< of a grid: M / columns rows, the second axis upwards
  std::size_t count() const { return support.size(); }
};

/// The points that the options ask for; without any of them a line through the data along the first
/// axis, between their 1st and 99th percentile, the other coordinates at their medians.
/// UsageError where they ask for two things, or a point has another dimension; UserError where an
/// id is unknown or a path leads through an empty region (density_path.h).
LatentPoints points_to_decode(const DecodeOptions& options, const Latents& data);

}  // namespace spi::vae
