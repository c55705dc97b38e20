// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/point_pairs.h"

#include <cmath>

#include "libspi/base/error.h"
#include "libspi/embedding/map.h"

namespace spi {

std::vector<std::string> axis_labels(const std::string& title, std::size_t components) {
  std::vector<std::string> labels;
  for (std::size_t c = 0; c < components; ++c) labels.push_back(text_of(title, "-", c + 1));
  return labels;
}

std::vector<std::string> axis_labels(const Coordinates& coordinates) {
  return axis_labels(coordinates.map.empty() ? "coordinate" : title_of(coordinates.map),
                     coordinates.components);
}

plot::Categories categories_of(const Column& column) {
  plot::Categories out{.of = {}, .names = column.labels};
  for (const double value : column.values)
    out.of.push_back(std::isnan(value) ? -1 : static_cast<int>(value));
  return out;
}

void draw_pair(plot::Axes& axes, const PointPairs& pairs, std::size_t first, std::size_t second) {
  const std::size_t c = pairs.points.components;
  axes.x.label = pairs.labels[first];
  axes.grid = true;
  plot::Scatter points{.x = pairs.points.component(first)};
  if (first == second) {
    axes.y.label = "number of the pattern";
    for (std::size_t i = 0; i < pairs.points.rows; ++i) points.y.push_back(double(i));
  } else {
    axes.y.label = pairs.labels[second];
    points.y = pairs.points.component(second);
  }
  if (pairs.colour && !pairs.colour->labels.empty()) points.category = categories_of(*pairs.colour);
  if (pairs.colour && pairs.colour->labels.empty()) {
    points.value = pairs.colour->values;
    points.colors.label = pairs.colour->name;
  }
  for (std::size_t i = 0; pairs.covariance && i < pairs.points.rows; ++i) {
    const double* v = &(*pairs.covariance)[i * c * c];
    plot::Covariance error{.xx = v[first * c + first]};
    if (first != second) error.xy = v[first * c + second], error.yy = v[second * c + second];
    points.covariance.push_back(error);
  }
  plot::Highlight crosses;
  for (std::size_t k = 0; k < pairs.marked.size(); ++k) {
    crosses.x.push_back(points.x[pairs.marked[k]]);
    crosses.y.push_back(points.y[pairs.marked[k]]);
    crosses.labels.push_back(std::to_string(k));
  }
  axes.scatter(std::move(points));
  if (!pairs.marked.empty()) axes.highlight(std::move(crosses));
}

plot::Figure pairs_figure(const PointPairs& pairs) {
  const std::string title = text_of("N = ", pairs.points.rows);
  if (pairs.points.components < 3) {
    plot::Figure figure({.width = 520, .height = 400});
    figure.axes().title = title;
    draw_pair(figure.axes(), pairs, 0, pairs.points.components - 1);
    return figure;
  }
  plot::Figure figure({.width = 1240, .height = 400, .rows = 1, .cols = 3});
  constexpr std::size_t kPairs[3][2] = {{0, 1}, {0, 2}, {1, 2}};
  for (std::size_t k = 0; k < 3; ++k) {
    plot::Axes& axes = figure.axes(0, k);
    if (k < 2) axes.legend = plot::LegendPlace::none;
    if (k == 0) axes.title = title;
    draw_pair(axes, pairs, kPairs[k][0], kPairs[k][1]);
  }
  return figure;
}

}  // namespace spi
