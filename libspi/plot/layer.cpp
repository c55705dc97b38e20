// SPDX-License-Identifier: GPL-3.0-or-later
// What several layers share: places on the canvas, and categories in the legend.
#include "libspi/plot/layer.h"

#include <algorithm>
#include <map>

namespace spi::plot {

double View::to_x(double value) const {
  const double u = x.unit(value);
  return box.x + (x_reversed ? 1 - u : u) * box.width;
}

double View::to_y(double value) const {
  const double u = y.unit(value);
  return box.y + (y_reversed ? u : 1 - u) * box.height;
}

Rgb color_of_category(int category) {
  return category < 0 ? kNoCategory : category_color(static_cast<std::size_t>(category));
}

void add_category_entries(const Categories& categories, LegendEntry::Swatch swatch,
                          std::vector<LegendEntry>& entries) {
  std::map<int, std::size_t> counts;
  for (std::size_t k = 0; k < categories.names.size(); ++k) counts[static_cast<int>(k)] = 0;
  for (const int category : categories.of) ++counts[std::max(category, -1)];
  const auto add = [&](int category, const std::string& name) {
    entries.push_back({.label = name + " (" + std::to_string(counts[category]) + ")",
                       .swatch = swatch,
                       .color = color_of_category(category),
                       .marker = category_marker(std::max(category, 0))});
  };
  for (const auto& [category, count] : counts) {
    if (category < 0) continue;
    const auto k = static_cast<std::size_t>(category);
    add(category, k < categories.names.size() ? categories.names[k] : std::to_string(k));
  }
  if (counts.contains(-1)) add(-1, "no category");
}

}  // namespace spi::plot
