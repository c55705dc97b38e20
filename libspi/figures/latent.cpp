// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/latent.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "libspi/base/error.h"
#include "libspi/figures/point_pairs.h"

namespace spi {
namespace {

constexpr std::size_t kMostStates = 12;

void add_histogram(plot::Axes& axes, const Column& column) {
  std::vector<double> values;
  std::ranges::copy_if(column.values, std::back_inserter(values),
                       [](double v) { return std::isfinite(v); });
  axes.x.label = column.name;
  axes.y.label = "patterns";
  if (values.empty()) return;
  const auto [low, high] = std::ranges::minmax(values);
  const std::size_t bins =
      std::clamp<std::size_t>(std::size_t(std::sqrt(double(values.size()))), 5, 50);
  const double width = high > low ? (high - low) / double(bins) : 1;
  plot::Bars bars{.color = plot::category_color(0), .width = 0.95 * width};
  for (std::size_t b = 0; b < bins; ++b) {
    bars.x.push_back(low + (double(b) + 0.5) * width);
    bars.height.push_back(0);
  }
  for (const double v : values) ++bars.height[std::min(bins - 1, std::size_t((v - low) / width))];
  axes.y.min = 0;
  axes.bars(std::move(bars));
}

void add_points(plot::Axes& axes, const Column& x, const Column& y,
                const std::optional<Column>& colour) {
  axes.title = text_of("N = ", x.values.size());
  axes.x.label = x.name;
  axes.y.label = y.name;
  axes.grid = true;
  plot::Scatter points{.x = x.values, .y = y.values};
  if (colour && colour->labels.empty()) {
    points.value = colour->values;
    points.colors.label = colour->name;
  } else if (colour) {
    points.category = categories_of(*colour);
  }
  axes.scatter(std::move(points));
}

std::string print(const std::vector<double>& z) {
  std::string text;
  char number[32];
  for (const double v : z) {
    std::snprintf(number, sizeof number, "%s%.2f", text.empty() ? "" : ", ", v);
    text += number;
  }
  return text;
}

plot::Image image_of(const std::vector<float>& values, std::size_t n) {
  return {n, n, std::span<const float>(values)};
}

plot::ColorScale intensities() {
  return {.map = plot::ColorMap::magma,
          .scale = plot::ScaleKind::log,
          .label = "intensity (logarithmic)"};
}

}  // namespace

plot::Figure latent_figure(const LatentColumns& latents) {
  const Column& first = latents.z.front();
  std::optional<Column> second = latents.against;
  if (!second && latents.z.size() > 1) second = latents.z[1];
  const bool coloured = !second && latents.colour && latents.colour->labels.empty();
  if (!second && !coloured) {
    plot::Figure figure({.width = 420, .height = 320});
    add_histogram(figure.axes(), first);
    return figure;
  }
  plot::Figure figure({.width = 1180, .height = 350, .rows = 1, .cols = 3});
  add_points(figure.axes(0, 0), first, second ? *second : *latents.colour,
             second ? latents.colour : std::nullopt);
  add_histogram(figure.axes(0, 1), first);
  add_histogram(figure.axes(0, 2), second ? *second : *latents.colour);
  return figure;
}

State state_of(std::span<const float> cube, std::size_t n, std::vector<double> z,
               std::size_t support) {
  State state{.z = std::move(z), .support = support, .planes = {}};
  for (std::size_t s = 0; s < kSections.size(); ++s)
    state.planes[s] = section(cube, n, kSections[s]);
  return state;
}

plot::Figure states_figure(const std::vector<State>& states, std::size_t n) {
  const std::size_t shown = std::min(states.size(), kMostStates);
  plot::Montage montage{.images = {}, .captions = {}, .opacity = {}, .colors = intensities()};
  montage.columns = shown;
  montage.y_up = true;
  for (std::size_t s = 0; s < kSections.size(); ++s)
    for (std::size_t k = 0; k < shown; ++k) {
      const State& state = states[shown > 1 ? k * (states.size() - 1) / (shown - 1) : 0];
      montage.images.push_back(image_of(state.planes[s], n));
      montage.captions.push_back(s > 0 ? std::string(kSections[s].name)
                                       : text_of("z = ", print(state.z)));
      montage.opacity.push_back(state.support > 0 ? 1 : 0.35);
    }
  plot::Figure figure({.width = 96. * double(shown) + 110, .height = 112. * 3 + 40});
  figure.axes().title =
      "Central sections <100>, <110>, <111> of decoded intensities (faint: no data near)";
  figure.axes().montage(std::move(montage));
  return figure;
}

plot::Figure state_grid_figure(const std::vector<State>& states, std::size_t n,
                               std::size_t columns) {
  plot::Montage montage{.images = {}, .captions = {}, .opacity = {}, .colors = intensities()};
  montage.columns = columns;
  montage.y_up = true;
  montage.gap_pt = 3;
  const std::size_t rows = (states.size() + columns - 1) / columns;
  for (std::size_t row = rows; row-- > 0;)
    for (std::size_t k = row * columns; k < std::min(states.size(), (row + 1) * columns); ++k) {
      montage.images.push_back(image_of(states[k].planes[0], n));
      montage.captions.push_back(print(states[k].z));
      montage.opacity.push_back(states[k].support > 0 ? 1 : 0.25);
    }
  plot::Figure figure({.width = 72. * double(columns) + 110, .height = 86. * double(rows) + 40});
  figure.axes().title =
      "<100> sections over the latent space, z1 to the right, z2 upwards "
      "(faint: no data near)";
  figure.axes().montage(std::move(montage));
  return figure;
}

plot::Figure reconstruction_figure(const std::vector<Comparison>& patterns, std::size_t n) {
  plot::Montage montage{.images = {}, .captions = {}, .opacity = {}, .colors = intensities()};
  montage.columns = patterns.size();
  montage.y_up = true;
  for (const Comparison& p : patterns) {
    montage.images.push_back(image_of(p.measured, n));
    montage.captions.push_back(p.caption);
  }
  for (const Comparison& p : patterns) {
    montage.images.push_back(image_of(p.model, n));
    montage.captions.push_back("model");
  }
  plot::Figure figure({.width = 150. * double(patterns.size()) + 110, .height = 370});
  figure.axes().title = "Patterns as measured, and as the model sees them";
  figure.axes().montage(std::move(montage));
  return figure;
}

}  // namespace spi
