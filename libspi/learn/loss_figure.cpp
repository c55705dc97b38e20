// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "libspi/learn/training.h"

namespace spi::learn {

plot::Figure loss_figure(const std::vector<History>& members, const std::string& title) {
  plot::Figure figure({.width = 520, .height = 340});
  plot::Axes& axes = figure.axes();
  axes.title = title;
  axes.x.label = "epoch";
  axes.x.integer_ticks = true;
  axes.y.label = "loss";
  axes.y.scale = plot::ScaleKind::log;
  axes.grid = true;
  plot::Scatter best{.label = "kept weights", .color = plot::kInk, .size_pt = 5, .opacity = 1};
  for (std::size_t m = 0; m < members.size(); ++m) {
    plot::Line training{.color = plot::category_color(0), .width_pt = 1};
    plot::Line validation{.color = plot::category_color(1), .width_pt = 1.2};
    if (m == 0) training.label = "training", validation.label = "validation";
    for (const EpochRecord& epoch : members[m].epochs) {
      training.x.push_back(double(epoch.epoch));
      training.y.push_back(epoch.loss);
      if (std::isnan(epoch.validation)) continue;
      validation.x.push_back(double(epoch.epoch));
      validation.y.push_back(epoch.validation);
      if (epoch.epoch != members[m].best_epoch) continue;
      best.x.push_back(double(epoch.epoch));
      best.y.push_back(epoch.validation);
    }
    axes.line(std::move(training));
    if (!validation.x.empty()) axes.line(std::move(validation));
  }
  if (!best.x.empty()) axes.scatter(std::move(best));
  return figure;
}

}  // namespace spi::learn
