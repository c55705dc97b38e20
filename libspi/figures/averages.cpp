// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/averages.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libspi/averaging/cartesian.h"

namespace spi {
namespace {

/// An average of one of the runs.
struct Place {
  std::size_t run, k, number;
};

std::vector<Place> by_occupancy(const AveragingResult& result) {
  std::vector<Place> places;
  for (std::size_t run = 0; run < result.runs.size(); ++run)
    for (std::size_t k = 0; k < result.runs[run].classes; ++k)
      places.push_back({run, k, places.size()});
  std::ranges::stable_sort(places, [&](const Place& a, const Place& b) {
    return result.runs[a.run].occupancy[a.k] > result.runs[b.run].occupancy[b.k];
  });
  return places;
}

void add_curve(plot::Axes& axes, const AveragingResult& result, const char* label,
               double IterationRecord::*value) {
  axes.x.label = "iteration";
  axes.x.integer_ticks = true;
  axes.y.label = label;
  axes.legend = plot::LegendPlace::none;
  for (const ClassResult& run : result.runs) {
    plot::Line line;
    for (std::size_t n = 0; n < run.history.size(); ++n) {
      line.x.push_back(double(n + 1));
      line.y.push_back(run.history[n].*value);
    }
    line.label = text_of("run ", run.run);
    axes.line(std::move(line));
  }
}

}  // namespace

plot::Figure averages_figure(const AveragingResult& result, std::size_t count) {
  const CartesianDrawer drawer(result.store->binning(), result.store->radial_mean());
  const std::size_t size = drawer.size();
  std::vector<Place> places = by_occupancy(result);
  places.resize(std::min(places.size(), count));
  plot::Montage montage{.images = {}, .captions = {}, .common_scale = false};
  montage.colors.scale = plot::ScaleKind::log;
  montage.colors.map = plot::ColorMap::magma;
  montage.y_up = true;
  std::vector<float> intensity(size * size), weight(size * size);
  for (const Place& p : places) {
    const ClassResult& run = result.runs[p.run];
    drawer.draw(run, p.k, intensity.data(), weight.data());
    for (std::size_t n = 0; n < intensity.size(); ++n)
      if (!(weight[n] > 0)) intensity[n] = std::numeric_limits<float>::quiet_NaN();
    montage.images.emplace_back(size, size, std::span<const float>(intensity));
    montage.captions.push_back(text_of(p.number, ": ", std::lround(run.occupancy[p.k])));
  }
  constexpr std::size_t kColumns = 10;
  const std::size_t columns = std::clamp<std::size_t>(places.size(), 1, kColumns);
  const std::size_t rows = (places.size() + columns - 1) / columns;
  montage.columns = columns;
  plot::Figure figure({.width = 80. * double(columns) + 20, .height = 94. * double(rows) + 40});
  figure.axes().title =
      "Averages by occupancy: number and frames (logarithmic, each its own scale)";
  figure.axes().montage(std::move(montage));
  return figure;
}

plot::Figure convergence_figure(const AveragingResult& result) {
  plot::Figure figure({.width = 640, .height = 420, .rows = 2, .cols = 2});
  add_curve(figure.axes(0, 0), result, "gain over the mean pattern (nats a frame)",
            &IterationRecord::gain);
  add_curve(figure.axes(0, 1), result, "class and angle information (nats a frame)",
            &IterationRecord::information);
  add_curve(figure.axes(1, 0), result, "part of the frames that change class",
            &IterationRecord::changed);
  add_curve(figure.axes(1, 1), result, "mean inverse temperature", &IterationRecord::beta);
  return figure;
}

}  // namespace spi
