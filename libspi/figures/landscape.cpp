// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/landscape.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace spi {
namespace {

/// Axis labels of the map; principal components say their share of the variance.
std::vector<std::string> labels_of(const Clpca& result) {
  std::vector<std::string> labels =
      axis_labels(title_of(name_of(result.map.kind)), result.map.components);
  for (std::size_t c = 0; result.axes && c < labels.size(); ++c) {
    char share[32];
    std::snprintf(share, sizeof share, " (%.1f %% of variance)",
                  100 * result.axes->explained_variance_ratio[c]);
    labels[c] += share;
  }
  return labels;
}

double squared_distance(const Points& points, std::size_t i, const double* to) {
  double sum = 0;
  for (std::size_t c = 0; c < points.components; ++c) sum += std::pow(points.at(i, c) - to[c], 2);
  return sum;
}

/// Index of the label of pattern i, or 0 where there are none.
double label_of(const std::optional<Column>& colour, std::size_t i) {
  return colour && !colour->labels.empty() && !std::isnan(colour->values[i]) ? colour->values[i]
                                                                             : 0;
}

}  // namespace

std::vector<std::size_t> spanning_patterns(const Points& points, std::size_t count) {
  if (count == 0) return {};
  const std::vector<double> origin(points.components, 0.0);
  std::vector<double> distance(points.rows);
  for (std::size_t i = 0; i < points.rows; ++i)
    distance[i] = squared_distance(points, i, origin.data());
  std::vector<std::size_t> chosen{
      std::size_t(std::ranges::min_element(distance) - distance.begin())};
  std::ranges::fill(distance, std::numeric_limits<double>::infinity());
  while (chosen.size() < std::min(count, points.rows)) {
    const double* last = &points.embedding[chosen.back() * points.components];
    for (std::size_t i = 0; i < points.rows; ++i)
      distance[i] = std::min(distance[i], squared_distance(points, i, last));
    chosen.push_back(std::size_t(std::ranges::max_element(distance) - distance.begin()));
  }
  return chosen;
}

plot::Figure embedding_figure(const Clpca& result, const std::optional<Column>& colour,
                              const std::vector<std::size_t>& marked) {
  return pairs_figure({.points = result.map,
                       .labels = labels_of(result),
                       .colour = colour,
                       .covariance = result.errors ? &result.errors->covariance : nullptr,
                       .marked = marked});
}

plot::Figure maps_figure(const std::vector<Map>& maps, const std::optional<Column>& colour) {
  constexpr std::size_t kColumns = 2;
  plot::Figure figure(
      {.width = 900, .height = 720, .rows = (maps.size() + 1) / kColumns, .cols = kColumns});
  for (std::size_t k = 0; k < maps.size(); ++k) {
    plot::Axes& axes = figure.axes(k / kColumns, k % kColumns);
    const std::string title = title_of(name_of(maps[k].kind));
    char quality[96];
    std::snprintf(quality, sizeof quality,
                  " (%zu components): trustworthiness %.3f, continuity %.3f", maps[k].components,
                  maps[k].quality.trustworthiness, maps[k].quality.continuity);
    axes.title = title + quality;
    if (k + 1 != kColumns) axes.legend = plot::LegendPlace::none;
    draw_pair(
        axes,
        {.points = maps[k], .labels = axis_labels(title, maps[k].components), .colour = colour}, 0,
        std::min<std::size_t>(1, maps[k].components - 1));
  }
  return figure;
}

plot::Figure cc_matrix_figure(const Clpca& result, const std::optional<Column>& colour) {
  const std::size_t n = result.cc.patterns;
  const std::vector<double> first = result.map.component(0);
  const std::string by = title_of(name_of(result.map.kind)) + "-1";
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const double la = label_of(colour, a), lb = label_of(colour, b);
    return la != lb ? la < lb : first[a] < first[b];
  });
  std::vector<float> sorted(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      sorted[i * n + j] = i == j ? std::numeric_limits<float>::quiet_NaN()
                                 : result.cc.values[order[i] * n + order[j]];
  plot::Figure figure({.width = 560, .height = 480});
  plot::Axes& axes = figure.axes();
  const bool labelled = colour && !colour->labels.empty();
  axes.title = text_of("Common-line correlations, N = ", n);
  axes.x.label = axes.y.label =
      labelled ? "pattern, by " + colour->name + " and " + by : "pattern, ordered by " + by;
  plot::Heatmap map{.image = plot::Image(n, n, std::span<const float>(sorted)),
                    .colors = {.label = "largest correlation of two lines"}};
  if (labelled) {
    plot::Categories strip = categories_of(*colour), ordered{.of = {}, .names = strip.names};
    for (const std::size_t i : order) ordered.of.push_back(strip.of[i]);
    map.row_strip = map.col_strip = ordered;
  }
  axes.heatmap(std::move(map));
  return figure;
}

plot::Figure variance_figure(const Clpca& result) {
  const std::size_t shown = result.scree.size();
  std::vector<double> number(shown), cumulative(shown);
  std::iota(number.begin(), number.end(), 1);
  std::partial_sum(result.scree.begin(), result.scree.end(), cumulative.begin());
  plot::Figure figure({.width = 480, .height = 320});
  plot::Axes& axes = figure.axes();
  axes.title = text_of("N = ", result.map.rows);
  axes.x.label = "component";
  axes.x.integer_ticks = true;
  axes.y.label = "share of the variance";
  axes.y.min = 0;
  axes.y.max = 1.02;
  axes.grid = true;
  axes.bars({.x = number, .height = result.scree, .label = "each component"});
  axes.line({.x = number, .y = cumulative, .label = "sum of the first", .markers = true});
  if (result.errors) {
    const std::size_t c = result.map.components;
    constexpr double kGap = std::numeric_limits<double>::quiet_NaN();  // interrupts the line
    plot::Line errors{.label = "bootstrap, ±1σ", .color = plot::kInk};
    for (std::size_t k = 0; k < c; ++k) {
      const double error = result.errors->explained_variance_ratio_error[k];
      for (const double y : {result.scree[k] - error, result.scree[k] + error, kGap}) {
        errors.x.push_back(double(k + 1));
        errors.y.push_back(y);
      }
    }
    axes.line(std::move(errors));
  }
  return figure;
}

plot::Figure montage_figure(StackReader& stack, const std::vector<std::size_t>& which,
                            const std::vector<std::uint64_t>& id) {
  plot::Montage montage{.images = {}, .captions = {}, .common_scale = false};
  montage.colors.scale = plot::ScaleKind::log;
  montage.colors.map = plot::ColorMap::magma;
  for (std::size_t k = 0; k < which.size(); ++k) {
    Patterns one = stack.read(which[k], 1);
    for (std::size_t p = 0; p < one.intensity.size(); ++p)
      if (!(one.weight[p] > 0)) one.intensity[p] = std::numeric_limits<float>::quiet_NaN();
    montage.images.emplace_back(one.rows, one.columns, std::span<const float>(one.intensity));
    montage.captions.push_back(text_of(k, ": id ", id[which[k]]));
  }
  const std::size_t columns = std::min<std::size_t>(6, std::max<std::size_t>(1, which.size()));
  const std::size_t rows = (which.size() + columns - 1) / columns;
  montage.columns = columns;
  plot::Figure figure({.width = 110. * double(columns) + 20, .height = 128. * double(rows) + 40});
  figure.axes().title =
      "Patterns at the crosses of the embedding (logarithmic, each its own scale)";
  figure.axes().montage(std::move(montage));
  return figure;
}

std::vector<Column> embedding_table(const Clpca& result, const std::optional<Column>& colour) {
  std::vector<Column> columns(1);
  columns[0].name = "id";
  columns[0].values.assign(result.id.begin(), result.id.end());
  const std::size_t c = result.map.components;
  for (std::size_t k = 0; k < c; ++k)
    columns.push_back(
        {.name = text_of("c", k + 1), .values = result.map.component(k), .labels = {}});
  for (std::size_t k = 0; result.errors && k < c; ++k) {
    Column errors{.name = text_of("c", k + 1, "_error"), .values = {}, .labels = {}};
    for (std::size_t i = 0; i < result.map.rows; ++i)
      errors.values.push_back(result.errors->standard_error[i * c + k]);
    columns.push_back(std::move(errors));
  }
  if (colour) columns.push_back(*colour);
  return columns;
}

std::vector<Column> maps_table(const std::vector<Map>& maps) {
  std::vector<Column> columns;
  for (const char* heading : {"map", "trustworthiness", "continuity", "judged_neighbors"})
    columns.push_back({.name = heading, .values = {}, .labels = {}});
  for (const Map& map : maps) {
    columns[0].values.push_back(double(columns[0].labels.size()));
    columns[0].labels.emplace_back(name_of(map.kind));
    columns[1].values.push_back(map.quality.trustworthiness);
    columns[2].values.push_back(map.quality.continuity);
    columns[3].values.push_back(double(map.quality.neighbours));
  }
  return columns;
}

}  // namespace spi
