// SPDX-License-Identifier: GPL-3.0-or-later
// One panel: two axes and the layers drawn on them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libspi/plot/scale.h"
#include "libspi/plot/series.h"
#include "libspi/plot/ticks.h"

namespace spi::plot {

class Layer;  // layer.h

struct Axis {
  std::string label{};  // with the unit
  ScaleKind scale = ScaleKind::linear;
  std::optional<double> min{}, max{};        // automatic: the data and a margin
  std::optional<std::vector<Tick>> ticks{};  // automatic: round numbers
  bool integer_ticks = false;                // never between whole numbers
  bool reversed = false;                     // grows to the left, or downwards
};

enum class LegendPlace { outside, inside, none };

/// Set the fields and add layers; later layers lie on top. A panel without layers stays blank.
class Axes {
 public:
  std::string title{};
  Axis x{}, y{};
  bool equal_aspect = false;  // one unit is equally long on both axes (linear scales only)
  bool grid = false;
  LegendPlace legend = LegendPlace::outside;  // inside: in the corner that hides fewest points

  Axes& scatter(Scatter series);
  Axes& line(Line series);
  Axes& bars(Bars series);
  Axes& band(Band series);
  Axes& hline(const ReferenceLine& line);
  Axes& vline(const ReferenceLine& line);
  Axes& text(Text text);
  Axes& highlight(Highlight series);
  /// Sets y.reversed, equal_aspect and integer_ticks as the heat map wants them.
  Axes& heatmap(Heatmap series);
  /// Takes the whole panel: axes are not drawn.
  Axes& montage(Montage series);

  const std::vector<std::shared_ptr<const Layer>>& layers() const { return layers_; }

 private:
  template <class Series>
  void color_automatically(Series& series);
  Axes& add(std::shared_ptr<const Layer> layer);

  std::vector<std::shared_ptr<const Layer>> layers_;
  std::size_t n_colored_ = 0;
};

}  // namespace spi::plot
