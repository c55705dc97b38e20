// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/landscape.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace spi {
namespace {

std::vector<double> coordinates(const Pca& pca, std::size_t component) {
  std::vector<double> out;
  for (std::size_t i = 0; i < pca.rows; ++i)
    out.push_back(pca.embedding[i * pca.components + component]);
  return out;
}

std::string axis_label(const Pca& pca, std::size_t component) {
  char text[64];
  std::snprintf(text, sizeof text, "CLPCA-%zu (%.1f %% of variance)", component + 1,
                100 * pca.explained_variance_ratio[component]);
  return text;
}

plot::Categories categories(const Column& column) {
  plot::Categories out{.of = {}, .names = column.labels};
  for (const double value : column.values)
    out.of.push_back(std::isnan(value) ? -1 : static_cast<int>(value));
  return out;
}

double squared_distance(const Pca& pca, std::size_t i, const double* point) {
  double sum = 0;
  for (std::size_t c = 0; c < pca.components; ++c)
    sum += std::pow(pca.embedding[i * pca.components + c] - point[c], 2);
  return sum;
}

/// Index of the label of pattern i, or 0 where there are none.
double label_of(const std::optional<Column>& colour, std::size_t i) {
  return colour && !colour->labels.empty() && !std::isnan(colour->values[i]) ? colour->values[i]
                                                                             : 0;
}

void draw_pair(plot::Axes& axes, const Clpca& result, std::size_t first, std::size_t second,
               const std::optional<Column>& colour, const std::vector<std::size_t>& marked) {
  const Pca& pca = result.pca;
  const std::size_t c = pca.components;
  axes.x.label = axis_label(pca, first);
  axes.y.label = axis_label(pca, second);
  axes.grid = true;
  plot::Scatter points{.x = coordinates(pca, first), .y = coordinates(pca, second)};
  if (colour && !colour->labels.empty()) points.category = categories(*colour);
  if (colour && colour->labels.empty()) {
    points.value = colour->values;
    points.colors.label = colour->name;
  }
  for (std::size_t i = 0; result.errors && i < pca.rows; ++i) {
    const double* v = &result.errors->covariance[i * c * c];
    points.covariance.push_back(
        {v[first * c + first], v[first * c + second], v[second * c + second]});
  }
  plot::Highlight crosses;
  for (std::size_t k = 0; k < marked.size(); ++k) {
    crosses.x.push_back(points.x[marked[k]]);
    crosses.y.push_back(points.y[marked[k]]);
    crosses.labels.push_back(std::to_string(k));
  }
  axes.scatter(std::move(points));
  if (!marked.empty()) axes.highlight(std::move(crosses));
}

}  // namespace

std::vector<std::size_t> spanning_patterns(const Pca& pca, std::size_t count) {
  if (count == 0) return {};
  const std::vector<double> origin(pca.components, 0.0);
  std::vector<double> distance(pca.rows);
  for (std::size_t i = 0; i < pca.rows; ++i) distance[i] = squared_distance(pca, i, origin.data());
  std::vector<std::size_t> chosen{
      std::size_t(std::ranges::min_element(distance) - distance.begin())};
  std::ranges::fill(distance, std::numeric_limits<double>::infinity());
  while (chosen.size() < std::min(count, pca.rows)) {
    const double* last = &pca.embedding[chosen.back() * pca.components];
    for (std::size_t i = 0; i < pca.rows; ++i)
      distance[i] = std::min(distance[i], squared_distance(pca, i, last));
    chosen.push_back(std::size_t(std::ranges::max_element(distance) - distance.begin()));
  }
  return chosen;
}

plot::Figure embedding_figure(const Clpca& result, const std::optional<Column>& colour,
                              const std::vector<std::size_t>& marked) {
  const Pca& pca = result.pca;
  const std::string title = text_of("N = ", pca.rows);
  if (pca.components < 3) {
    plot::Figure figure({.width = 520, .height = 400});
    plot::Axes& axes = figure.axes();
    axes.title = title;
    draw_pair(axes, result, 0, pca.components - 1, colour, marked);
    return figure;
  }
  plot::Figure figure({.width = 1240, .height = 400, .rows = 1, .cols = 3});
  constexpr std::size_t kPairs[3][2] = {{0, 1}, {0, 2}, {1, 2}};
  for (std::size_t k = 0; k < 3; ++k) {
    plot::Axes& axes = figure.axes(0, k);
    if (k < 2) axes.legend = plot::LegendPlace::none;
    if (k == 0) axes.title = title;
    draw_pair(axes, result, kPairs[k][0], kPairs[k][1], colour, marked);
  }
  return figure;
}

plot::Figure cc_matrix_figure(const Clpca& result, const std::optional<Column>& colour) {
  const std::size_t n = result.cc.patterns;
  const std::vector<double> first = coordinates(result.pca, 0);
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
  axes.x.label = axes.y.label = labelled ? "pattern, by " + colour->name + " and CLPCA-1"
                                         : std::string("pattern, ordered by CLPCA-1");
  plot::Heatmap map{.image = plot::Image(n, n, std::span<const float>(sorted)),
                    .colors = {.label = "largest correlation of two lines"}};
  if (labelled) {
    plot::Categories strip = categories(*colour), ordered{.of = {}, .names = strip.names};
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
  axes.title = text_of("N = ", result.pca.rows);
  axes.x.label = "component";
  axes.x.integer_ticks = true;
  axes.y.label = "share of the variance";
  axes.y.min = 0;
  axes.y.max = 1.02;
  axes.grid = true;
  axes.bars({.x = number, .height = result.scree, .label = "each component"});
  axes.line({.x = number, .y = cumulative, .label = "sum of the first", .markers = true});
  if (result.errors) {
    const std::size_t c = result.pca.components;
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
  const std::size_t c = result.pca.components;
  for (std::size_t k = 0; k < c; ++k)
    columns.push_back(
        {.name = text_of("c", k + 1), .values = coordinates(result.pca, k), .labels = {}});
  for (std::size_t k = 0; result.errors && k < c; ++k) {
    Column errors{.name = text_of("c", k + 1, "_error"), .values = {}, .labels = {}};
    for (std::size_t i = 0; i < result.pca.rows; ++i)
      errors.values.push_back(result.errors->standard_error[i * c + k]);
    columns.push_back(std::move(errors));
  }
  if (colour) columns.push_back(*colour);
  return columns;
}

}  // namespace spi
