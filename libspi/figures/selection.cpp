// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/selection.h"

#include <algorithm>
#include <limits>

namespace spi {
namespace {

constexpr plot::Rgb kRest{0.78, 0.78, 0.78};

/// The columns of numbers that are there, the first to be drawn against each of the others.
std::vector<std::string> shown_columns(const Table& table, const SelectOptions& options) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> names;
  for (const std::string& name : options.axes.value_or(std::vector<std::string>{"c1", "c2", "c3"}))
    if (const TableColumn* column = table.find(name);
        column && !column->is_text && names.size() < kMost)
      names.push_back(name);
  return names;
}

const Interval* bounds_of(const std::vector<Interval>& box, const std::string& name) {
  const auto found = std::ranges::find(box, name, &Interval::column);
  return found == box.end() ? nullptr : &*found;
}

/// The box in this plane: a rectangle, or the lines of the bounds that there are.
void outline_box(plot::Axes& axes, const Interval* x, const Interval* y) {
  const auto complete = [](const Interval* i) { return i && i->low && i->high; };
  if (complete(x) && complete(y)) {
    axes.line({.x = {*x->low, *x->high, *x->high, *x->low, *x->low},
               .y = {*y->low, *y->low, *y->high, *y->high, *y->low},
               .color = plot::kInk,
               .width_pt = 1});
    return;
  }
  if (x)
    for (const auto& bound : {x->low, x->high})
      if (bound) axes.vline({.at = *bound, .color = plot::kInk});
  if (y)
    for (const auto& bound : {y->low, y->high})
      if (bound) axes.hline({.at = *bound, .color = plot::kInk});
}

void outline_polygon(plot::Axes& axes, const Polygon& polygon) {
  plot::Line line{.color = plot::kInk, .width_pt = 1};
  for (std::size_t k = 0; k <= polygon.corners.size(); ++k) {
    const auto& corner = polygon.corners[k % polygon.corners.size()];
    line.x.push_back(corner[0]);
    line.y.push_back(corner[1]);
  }
  axes.line(std::move(line));
}

/// The rows for which `rows` is `value`; so many that a million would take long, evenly thinned
/// out.
plot::Scatter points_where(bool value, const std::vector<bool>& rows, const std::vector<double>& x,
                           const std::vector<double>& y, const std::string& label) {
  constexpr std::size_t kMost = 50000;
  const auto count = std::size_t(std::ranges::count(rows, value));
  const std::size_t step = count / kMost + 1;
  plot::Scatter points{.label = text_of(label, ": ", count)};
  for (std::size_t i = 0, k = 0; i < rows.size(); ++i)
    if (rows[i] == value && k++ % step == 0) {
      points.x.push_back(x[i]);
      points.y.push_back(y[i]);
    }
  return points;
}

void draw_plane(plot::Axes& axes, const Table& table, const std::string& x, const std::string& y,
                const SelectOptions& options, const std::vector<bool>& rows) {
  const auto &xs = table.find(x)->values, &ys = table.find(y)->values;
  plot::Scatter rest = points_where(false, rows, xs, ys, "not selected");
  plot::Scatter taken = points_where(true, rows, xs, ys, "selected");
  rest.color = kRest;
  axes.x.label = x;
  axes.y.label = y;
  axes.grid = true;
  if (!rest.x.empty()) axes.scatter(std::move(rest));
  if (!taken.x.empty()) axes.scatter(std::move(taken));
  outline_box(axes, bounds_of(options.box, x), bounds_of(options.box, y));
}

}  // namespace

std::optional<plot::Figure> selection_figure(const Table& table, const SelectOptions& options,
                                             const Choice& choice) {
  const auto names = shown_columns(table, options);
  if (names.size() < 2) return std::nullopt;
  const std::size_t panels = names.size() - 1;
  plot::Figure figure(
      {.width = panels == 1 ? 520. : 900., .height = 400, .rows = 1, .cols = panels});
  for (std::size_t k = 0; k < panels; ++k) {
    plot::Axes& axes = figure.axes(0, k);
    draw_plane(axes, table, names[0], names[k + 1], options, choice.rows);
    if (k + 1 < panels) axes.legend = plot::LegendPlace::none;
    if (k == 0 && options.polygon) outline_polygon(axes, *options.polygon);
  }
  constexpr std::size_t kLongestTitle = 240;
  figure.axes().title = choice.rule.size() > kLongestTitle
                            ? choice.rule.substr(0, kLongestTitle) + " ..."
                            : choice.rule;
  return figure;
}

}  // namespace spi
