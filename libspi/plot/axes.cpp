// SPDX-License-Identifier: GPL-3.0-or-later
// Adding layers to a panel.
#include "libspi/plot/axes.h"

#include "libspi/plot/layer.h"

namespace spi::plot {

template <class Series>
void Axes::color_automatically(Series& series) {
  if (!series.color) series.color = category_color(n_colored_++);
}

Axes& Axes::add(std::shared_ptr<const Layer> layer) {
  layers_.push_back(std::move(layer));
  return *this;
}

Axes& Axes::scatter(Scatter series) {
  if (series.category.of.empty() && series.value.empty()) color_automatically(series);
  return add(make_layer(std::move(series)));
}

Axes& Axes::line(Line series) {
  color_automatically(series);
  return add(make_layer(std::move(series)));
}

Axes& Axes::bars(Bars series) {
  color_automatically(series);
  return add(make_layer(std::move(series)));
}

Axes& Axes::band(Band series) {
  color_automatically(series);
  return add(make_layer(std::move(series)));
}

Axes& Axes::hline(const ReferenceLine& line) {
  return add(make_layer(line, Direction::horizontal));
}

Axes& Axes::vline(const ReferenceLine& line) { return add(make_layer(line, Direction::vertical)); }

Axes& Axes::text(Text text) { return add(make_layer(std::move(text))); }

Axes& Axes::highlight(Highlight series) { return add(make_layer(std::move(series))); }

Axes& Axes::heatmap(Heatmap series) {
  y.reversed = !series.y_up;
  equal_aspect = series.square;
  x.integer_ticks = !series.x_range;
  y.integer_ticks = !series.y_range;
  return add(make_layer(std::move(series)));
}

Axes& Axes::montage(Montage series) { return add(make_layer(std::move(series))); }

}  // namespace spi::plot
