// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of a latent space and of the volumes along it (figures 5, 6 and 8 of Zhuang et al.
// 2022).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libspi/io/table.h"
#include "libspi/plot/figure.h"
#include "libspi/volume/sections.h"

namespace spi {

/// N points of a latent space, column by column.
struct LatentColumns {
  std::vector<Column> z;               ///< at least one axis
  std::optional<Column> against = {};  ///< another coordinate of the same points
  std::optional<Column> colour = {};
};

/// The points, and a histogram of each coordinate shown: z1 against `against` or else z2 (with one
/// axis and nothing to set it against: histogram only).
plot::Figure latent_figure(const LatentColumns& latents);

/// Pictures of one decoded volume.
struct State {
  std::vector<double> z;
  std::size_t support = 0;                                  ///< data around it
  std::array<std::vector<float>, kSections.size()> planes;  ///< [n][n] each
};
State state_of(std::span<const float> cube, std::size_t n, std::vector<double> z,
               std::size_t support);

/// A row for each of kSections, a column for each state (at most 12, evenly chosen), logarithmic.
plot::Figure states_figure(const std::vector<State>& states, std::size_t n);

/// <100> sections of a grid of `columns` states a row, the last row on top: the second axis grows
/// upwards. States without data around them are faint.
plot::Figure state_grid_figure(const std::vector<State>& states, std::size_t n,
                               std::size_t columns);

/// A pattern [n][n] as measured and as the model sees it; NaN: not measured.
struct Comparison {
  std::string caption;
  std::vector<float> measured, model;
};
plot::Figure reconstruction_figure(const std::vector<Comparison>& patterns, std::size_t n);

}  // namespace spi
