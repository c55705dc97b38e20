// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/fsc_figure.h"

#include <algorithm>
#include <cstdio>

namespace spi {
namespace {

constexpr double kTop = 1.05;  // of the correlations shown; the lengths stand above

std::string length(double angstroms) {
  char text[32];
  std::snprintf(text, sizeof text, angstroms < 100 ? "%.3g Å" : "%.0f Å", angstroms);
  return text;
}

void add_lengths(plot::Axes& axes, double last, double bottom) {
  const plot::Ticks ticks = plot::make_ticks(plot::Scale(plot::ScaleKind::linear, {0, last}), 6);
  for (const plot::Tick& tick : ticks.major) {
    if (tick.value <= 0) continue;
    axes.line({.x = {tick.value, tick.value},
               .y = {bottom, kTop},
               .color = plot::Rgb{0.9, 0.9, 0.9},
               .width_pt = 0.6});
    axes.text({.x = tick.value,
               .y = kTop + 0.01,
               .text = length(1 / tick.value),
               .h = plot::HAlign::center});
  }
}

}  // namespace

plot::Figure fsc_figure(const VolumeFsc& fsc) {
  plot::Figure figure({.width = 430, .height = 320});
  plot::Axes& axes = figure.axes();
  const double last = fsc.q.back();
  const double bottom = std::min(-0.05, std::max(-1.0, std::ranges::min(fsc.correlation) - 0.05));
  axes.x = {.label = "q (1/Å)", .min = 0, .max = last};
  axes.y = {.label = fsc.half_sets ? "correlation of half sets" : "Fourier shell correlation",
            .min = bottom,
            .max = 1.16,
            .ticks = {{{0, "0"}, {0.143, "0.143"}, {0.5, "0.5"}, {1, "1"}}}};
  axes.legend = plot::LegendPlace::none;
  std::string title;
  for (const Resolution& r : fsc.resolution) title += (title.empty() ? "" : "      ") + print(r);
  axes.title = title;
  add_lengths(axes, last, bottom);
  for (const Resolution& r : fsc.resolution) {
    axes.line({.x = {0, last},
               .y = {r.threshold, r.threshold},
               .color = plot::kFaint,
               .width_pt = 0.8,
               .dash = plot::Dash::dashed});
    if (r.q && !r.beyond)
      axes.line({.x = {*r.q, *r.q},
                 .y = {bottom, r.threshold},
                 .color = plot::kFaint,
                 .width_pt = 0.8,
                 .dash = plot::Dash::dotted});
  }
  axes.line({.x = fsc.q,
             .y = fsc.correlation,
             .color = plot::category_color(0),
             .markers = fsc.q.size() < 40});
  return figure;
}

}  // namespace spi
