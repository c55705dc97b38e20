// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/measures.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spi {
namespace {

constexpr double kNm3 = 1e3;  // Å³ in a nm³

template <class Get>
plot::Line line_of(const Column& coordinate, const std::vector<DensitySize>& sizes,
                   std::string label, int colour, const Get& get) {
  plot::Line line{.label = std::move(label), .color = plot::category_color(colour)};
  line.markers = sizes.size() < 60;
  for (const std::size_t i : order_by(coordinate)) {
    line.x.push_back(coordinate.values[i]);
    line.y.push_back(get(sizes[i]));
  }
  return line;
}

/// Volumes of the clear fits of one shape, nm³.
std::vector<double> volumes_of(const std::vector<SizeFit>& fits, FitShape shape) {
  std::vector<double> volumes;
  for (const SizeFit& f : fits)
    if (f.clear && f.shape == shape) volumes.push_back(f.volume_A3 / kNm3);
  std::ranges::sort(volumes);
  return volumes;
}

std::string legend_of(std::string_view name, const std::vector<double>& sorted) {
  char text[96];
  std::snprintf(text, sizeof text, "%.*s (%zu, median %.4g nm³)", int(name.size()), name.data(),
                sorted.size(), sorted[sorted.size() / 2]);
  return text;
}

}  // namespace

plot::Figure series_figure(const Column& coordinate, const std::vector<DensitySize>& sizes,
                           std::size_t first) {
  plot::Figure figure({.width = 900, .height = 330, .rows = 1, .cols = 2});
  plot::Axes& volume = figure.axes(0, 0);
  char title[96];
  const double start = sizes[first].volume_A3;
  const auto [least, most] = std::ranges::minmax(sizes, {}, &DensitySize::volume_A3);
  std::snprintf(title, sizeof title, "%+.1f %% to %+.1f %% of volume %zu",
                100 * (least.volume_A3 / start - 1), 100 * (most.volume_A3 / start - 1), first);
  volume.title = title;
  volume.x.label = coordinate.name;
  volume.y.label = "volume (nm³)";
  volume.grid = true;
  volume.legend = plot::LegendPlace::inside;
  volume.line(line_of(coordinate, sizes, "at half density", 0,
                      [](const DensitySize& s) { return s.volume_A3 / kNm3; }));
  if (std::ranges::all_of(sizes, [](const DensitySize& s) { return s.mass_volume_A3 > 0; }))
    volume.line(line_of(coordinate, sizes, "at a fraction of the mass", 1,
                        [](const DensitySize& s) { return s.mass_volume_A3 / kNm3; }));
  plot::Axes& length = figure.axes(0, 1);
  length.x.label = coordinate.name;
  length.y.label = "length (nm)";
  length.grid = true;
  length.legend = plot::LegendPlace::inside;
  length.line(line_of(coordinate, sizes, "edge of the cube of that volume", 2,
                      [](const DensitySize& s) { return s.edge_A / 10; }));
  length.line(line_of(coordinate, sizes, "diameter of the ball of that volume", 3,
                      [](const DensitySize& s) { return s.diameter_A / 10; }));
  return figure;
}

plot::Figure fits_figure(const std::vector<SizeFit>& fits) {
  plot::Figure figure({.width = 460, .height = 330});
  plot::Axes& axes = figure.axes();
  axes.x.label = "volume (nm³)";
  axes.y.label = "patterns";
  axes.y.min = 0;
  axes.legend = plot::LegendPlace::inside;
  const auto cubes = volumes_of(fits, FitShape::cube), balls = volumes_of(fits, FitShape::sphere);
  std::vector<double> all = cubes;
  all.insert(all.end(), balls.begin(), balls.end());
  axes.title = text_of(all.size(), " clear of ", fits.size(), " patterns");
  if (all.empty()) return figure;
  std::ranges::sort(all);
  // A few fits that went astray shall not squeeze the rest.
  const double middle = all[all.size() / 2];
  const double low = std::max(all.front(), middle / 2), high = std::min(all.back(), middle * 2);
  const double width = std::max((high - low) / 30, 1e-6 * middle);
  const auto add = [&](std::string_view name, const std::vector<double>& volumes, int colour) {
    if (volumes.empty()) return;
    plot::Line steps{.label = legend_of(name, volumes), .color = plot::category_color(colour)};
    steps.steps = true;
    for (double x = low - 1.5 * width; x < high + 2 * width; x += width) {
      steps.x.push_back(x);
      steps.y.push_back(double(std::ranges::count_if(
          volumes, [&](double v) { return v >= x - width / 2 && v < x + width / 2; })));
    }
    axes.line(std::move(steps));
  };
  add("cubes", cubes, 1);
  add("spheres", balls, 0);
  return figure;
}

plot::Figure radial_figure(const RadialSet& set, const Column& coordinate,
                           const std::vector<double>& q) {
  const auto order = order_by(coordinate);
  std::vector<float> image;
  plot::Line line{.color = plot::category_color(0)};
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const float* row = &set.mean[order[rank] * set.rings];
    double sum = 0, count = 0;
    for (std::size_t r = 0; r < set.rings; ++r)
      if (std::isfinite(row[r])) sum += row[r], ++count;
    const float scale = sum > 0 ? float(count / sum) : 1.f;
    for (std::size_t r = 0; r < set.rings; ++r)
      image.push_back(row[r] > 0 ? scale * row[r] : std::numeric_limits<float>::quiet_NaN());
    line.x.push_back(coordinate.values[order[rank]]);
    line.y.push_back(double(rank));
  }
  plot::Figure figure({.width = 860, .height = 380, .rows = 1, .cols = 2});
  plot::Axes& left = figure.axes(0, 0);
  left.title = text_of("radial intensities of ", order.size(), " patterns");
  plot::Heatmap map{.image = {order.size(), set.rings, std::span<const float>(image)}};
  map.colors = {
      .map = plot::ColorMap::magma, .scale = plot::ScaleKind::log, .label = "intensity / mean"};
  map.y_up = true;
  map.square = false;
  map.x_range = plot::Range{0, q.empty() ? double(set.rings) - 0.5 : q.back()};
  map.y_range = plot::Range{-0.5, double(order.size()) - 0.5};
  left.heatmap(std::move(map));
  left.x.label = q.empty() ? "radius (pixels)" : "q (1/Å)";
  left.y.label = "rank by " + coordinate.name;
  plot::Axes& right = figure.axes(0, 1);
  right.x.label = coordinate.name;
  right.y = {.label = "rank", .min = -0.5, .max = double(order.size()) - 0.5};
  right.grid = true;
  right.line(std::move(line));
  return figure;
}

}  // namespace spi
