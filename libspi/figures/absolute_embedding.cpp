// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/absolute_embedding.h"

#include <algorithm>
#include <cstdio>

#include "libspi/figures/point_pairs.h"

namespace spi {
namespace {

constexpr plot::Rgb kLandscape{0.75, 0.75, 0.75};

/// Component c of the rows that `take` chooses.
plot::Values column(const auto& values, std::size_t components, std::size_t c, const auto& take) {
  plot::Values out;
  for (std::size_t row = 0; row * components < values.size(); ++row)
    if (take(row)) out.push_back(values[row * components + c]);
  return out;
}

}  // namespace

plot::Figure validation_figure(const Coordinates& landscape, const std::vector<float>& predicted,
                               const std::vector<std::uint8_t>& held_out,
                               const std::vector<double>& r2) {
  const std::size_t components = landscape.components,
                    panels = std::min<std::size_t>(components, 4);
  const std::vector<std::string> labels = axis_labels(landscape);
  plot::Figure figure(
      {.width = 340. * double(panels) + 100, .height = 360, .rows = 1, .cols = panels});
  for (std::size_t c = 0; c < panels; ++c) {
    plot::Axes& axes = figure.axes(0, c);
    char title[64];
    std::snprintf(title, sizeof title, "held out: R² = %.3f", r2[c]);
    axes.title = title;
    axes.x.label = labels[c];
    axes.y.label = labels[c] + ", predicted";
    axes.grid = true;
    axes.equal_aspect = true;
    if (c + 1 < panels) axes.legend = plot::LegendPlace::none;
    const auto [low, high] = std::ranges::minmax(
        column(landscape.values, components, c, [](std::size_t) { return true; }));
    axes.line({.x = {low, high}, .y = {low, high}, .color = plot::kFaint, .width_pt = 1});
    for (const bool held : {false, true}) {
      const auto take = [&](std::size_t row) { return (held_out[row] != 0) == held; };
      plot::Scatter points{.x = column(landscape.values, components, c, take),
                           .y = column(predicted, components, c, take),
                           .label = held ? "held out" : "training",
                           .color = held ? plot::category_color(1) : kLandscape,
                           .size_pt = held ? 3.5 : 2.5};
      if (!points.x.empty()) axes.scatter(std::move(points));
    }
  }
  return figure;
}

plot::Figure placement_figure(const Coordinates& landscape, const std::vector<float>& values,
                              const std::vector<std::uint8_t>& outside) {
  const std::size_t components = landscape.components;
  constexpr std::size_t kPairs[3][2] = {{0, 1}, {0, 2}, {1, 2}};
  const std::size_t panels = components < 3 ? 1 : 3;
  plot::Figure figure(
      {.width = panels == 1 ? 520. : 1240., .height = 400, .rows = 1, .cols = panels});
  const std::vector<std::string> labels = axis_labels(landscape);
  const auto all = [](std::size_t) { return true; };
  for (std::size_t k = 0; k < panels; ++k) {
    const std::size_t first = kPairs[k][0], second = std::min(kPairs[k][1], components - 1);
    plot::Axes& axes = figure.axes(0, k);
    axes.x.label = labels[first];
    axes.y.label = labels[second];
    axes.grid = true;
    if (k + 1 < panels) axes.legend = plot::LegendPlace::none;
    if (k == 0) axes.title = text_of("N = ", outside.size());
    axes.scatter({.x = column(landscape.values, components, first, all),
                  .y = column(landscape.values, components, second, all),
                  .label = text_of("landscape (", landscape.rows, ")"),
                  .color = kLandscape,
                  .size_pt = 3});
    for (const bool beyond : {false, true}) {
      const auto take = [&](std::size_t row) { return (outside[row] != 0) == beyond; };
      plot::Scatter points{.x = column(values, components, first, take),
                           .y = column(values, components, second, take),
                           .color = plot::category_color(beyond ? 3 : 0),
                           .size_pt = beyond ? 3.0 : 2.0};
      points.label = text_of(beyond ? "outside (" : "placed (", points.x.size(), ")");
      if (!points.x.empty()) axes.scatter(std::move(points));
    }
  }
  return figure;
}

}  // namespace spi
