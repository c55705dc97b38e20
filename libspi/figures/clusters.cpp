// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/clusters.h"

#include <cstdio>
#include <functional>
#include <numeric>

#include "libspi/figures/point_pairs.h"

namespace spi {
namespace {

using Panel = std::function<void(plot::Axes&)>;

void draw_scores(plot::Axes& axes, const Clusters& clusters) {
  plot::Line line{.markers = true};
  for (const ClusterScore& one : clusters.scores) {
    line.x.push_back(double(one.clusters));
    line.y.push_back(one.score);
  }
  axes.x.label = "number of clusters";
  axes.x.integer_ticks = true;
  axes.y.label = clusters.method == ClusterMethod::mixture ? "BIC (least is best)"
                                                           : "mean silhouette (greatest is best)";
  axes.grid = true;
  axes.legend = plot::LegendPlace::inside;
  axes.line(std::move(line));
  axes.vline({.at = double(clusters.partition.clusters), .label = "taken"});
}

void draw_stability(plot::Axes& axes, const Clusters& clusters) {
  constexpr double kStable = 0.75;  // Hennig (2007)
  plot::Bars bars;
  for (std::size_t k = 0; k < clusters.size.size(); ++k) {
    bars.x.push_back(double(k));
    bars.height.push_back(clusters.stability->jaccard[k]);
  }
  char title[64];
  std::snprintf(title, sizeof title, "Resampled: adjusted Rand index %.2f",
                clusters.stability->rand_index);
  axes.title = title;
  axes.x.label = "cluster";
  axes.x.integer_ticks = true;
  axes.y.label = "mean Jaccard index";
  axes.y.min = 0;
  axes.y.max = 1.02;
  axes.legend = plot::LegendPlace::none;
  axes.bars(std::move(bars));
  axes.hline({.at = kStable});
}

/// Clusters as labels of points.
Column label_column(const Clusters& clusters) {
  Column column{.name = "cluster", .values = {}, .labels = {}};
  for (std::size_t k = 0; k < clusters.partition.clusters; ++k)
    column.labels.push_back(text_of("cluster ", k));
  column.values.assign(clusters.partition.label.begin(), clusters.partition.label.end());
  return column;
}

}  // namespace

plot::Figure clusters_figure(const Clusters& clusters, const Coordinates& coordinates) {
  const Points points{.rows = coordinates.rows,
                      .components = coordinates.components,
                      .embedding = coordinates.values};
  const PointPairs pairs{
      .points = points, .labels = axis_labels(coordinates), .colour = label_column(clusters)};
  std::vector<Panel> panels;
  const auto add_pair = [&](std::size_t first, std::size_t second, bool legend) {
    panels.push_back([&, first, second, legend](plot::Axes& axes) {
      if (!legend) axes.legend = plot::LegendPlace::none;
      draw_pair(axes, pairs, first, second);
    });
  };
  const bool scored = !clusters.scores.empty(), many = points.components > 2;
  add_pair(0, points.components > 1 ? 1 : 0, !many);
  if (many) add_pair(0, 2, true);
  if (many && !scored) add_pair(1, 2, false);
  if (scored) panels.push_back([&](plot::Axes& axes) { draw_scores(axes, clusters); });
  if (clusters.stability)
    panels.push_back([&](plot::Axes& axes) { draw_stability(axes, clusters); });

  const std::size_t columns = panels.size() == 3 ? 3 : std::min<std::size_t>(2, panels.size());
  const std::size_t rows = (panels.size() + columns - 1) / columns;
  plot::Figure figure({.width = 100 + 420. * double(columns),
                       .height = 360. * double(rows),
                       .rows = rows,
                       .cols = columns});
  for (std::size_t k = 0; k < panels.size(); ++k) panels[k](figure.axes(k / columns, k % columns));
  figure.axes().title = text_of("N = ", clusters.placed, ", ", name_of(clusters.method));
  return figure;
}

}  // namespace spi
