// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/reconstruction.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/ranks.h"
#include "libspi/geometry/rotation.h"
#include "libspi/volume/sections.h"

namespace spi {
namespace {

constexpr double kDegrees = 180 / std::numbers::pi;

/// Mollweide's equal-area projection of a unit vector: longitude from x, latitude z.
std::array<double, 2> mollweide(const Vector3& v) {
  const double latitude = std::asin(std::clamp(v[2], -1., 1.));
  const double target = std::numbers::pi * std::sin(latitude);
  double theta = latitude;
  for (int n = 0; n < 20; ++n) {
    const double slope = 2 + 2 * std::cos(2 * theta);
    if (slope < 1e-9) break;
    theta -= (2 * theta + std::sin(2 * theta) - target) / slope;
  }
  const double longitude = std::atan2(v[1], v[0]);
  return {2 * std::numbers::sqrt2 / std::numbers::pi * longitude * std::cos(theta),
          std::numbers::sqrt2 * std::sin(theta)};
}

plot::Line outline() {
  plot::Line line{.color = plot::kFaint, .width_pt = 0.8};
  for (int n = 0; n <= 180; ++n) {
    const double t = 2 * std::numbers::pi * n / 180;
    line.x.push_back(2 * std::numbers::sqrt2 * std::cos(t));
    line.y.push_back(std::numbers::sqrt2 * std::sin(t));
  }
  return line;
}

/// Frames by value in 40 bins up to a little beyond the 99th percentile.
void draw_histogram(plot::Axes& axes, const std::vector<double>& values, const char* label,
                    const char* format) {
  constexpr int kBins = 40;
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  const double high = std::max(1.1 * sorted[sorted.size() * 99 / 100], 1e-9);
  const double width = high / kBins;
  plot::Bars bars;
  bars.width = width;
  for (int n = 0; n < kBins; ++n) bars.x.push_back((n + 0.5) * width);
  bars.height.assign(kBins, 0);
  for (const double v : values)
    if (v < high) bars.height[std::size_t(v / width)] += 1;
  char text[64];
  std::snprintf(text, sizeof text, format, median(values));
  axes.title = text;
  axes.x = {.label = label, .min = 0, .max = high};
  axes.y.label = "frames";
  axes.y.min = 0;
  axes.y.integer_ticks = true;
  axes.legend = plot::LegendPlace::none;
  axes.bars(std::move(bars));
}

void draw_fsc(plot::Axes& axes, const std::vector<double>& q, const std::vector<double>& fsc,
              const char* label) {
  axes.x = {.label = "q (1/Å)", .min = 0, .max = q.back()};
  axes.y = {.label = label,
            .min = -0.05,
            .max = 1.05,
            .ticks = {{{0, "0"}, {0.143, "0.143"}, {0.5, "0.5"}, {0.9, "0.9"}, {1, "1"}}}};
  axes.grid = true;
  axes.legend = plot::LegendPlace::none;
  axes.line({.x = q, .y = fsc, .color = plot::category_color(0), .markers = q.size() < 40});
}

}  // namespace

plot::Figure model_figure(const Model& model) {
  plot::Montage montage{.images = {}, .captions = {}, .common_scale = true};
  montage.colors.scale = plot::ScaleKind::log;
  montage.colors.map = plot::ColorMap::magma;
  montage.colors.label = "photons a pixel of a frame of fluence 1";
  montage.y_up = true;
  montage.columns = kSections.size();
  std::vector<float> measured = model.intensity;  // sections end where a neighbour is not
  for (float& v : measured)
    if (!(v > 0)) v = std::numeric_limits<float>::quiet_NaN();
  for (const Section& plane : kSections) {
    const std::vector<float> values = section(measured, model.size, plane);
    montage.images.emplace_back(model.size, model.size, std::span<const float>(values));
    montage.captions.push_back(text_of("section ", plane.name));
  }
  plot::Figure figure({.width = 860, .height = 320});
  char text[64];
  std::snprintf(text, sizeof text, "%zu voxels of %.3g 1/Å", model.size, model.q_per_voxel);
  figure.axes().title = text_of("Central sections of the intensity, ", text);
  figure.axes().montage(std::move(montage));
  return figure;
}

plot::Figure model_fsc_figure(const Model& model) {
  plot::Figure figure({.width = 430, .height = 320});
  std::vector<double> q;
  for (std::size_t s = 0; s < model.shell_fsc.size(); ++s)
    q.push_back(double(s) * model.q_per_voxel);
  plot::Axes& axes = figure.axes();
  axes.title = "Even against odd frames, shell means taken out";
  draw_fsc(axes, q, model.shell_fsc, "correlation of half sets");
  return figure;
}

plot::Figure model_poses_figure(const Model& model) {
  plot::Figure figure({.width = 1080, .height = 320, .rows = 1, .cols = 3});
  plot::Axes& axes = figure.axes(0, 0);
  axes.title = text_of("View directions, equal-area projection, N = ", model.id.size());
  axes.equal_aspect = true;
  axes.legend = plot::LegendPlace::none;
  axes.x.ticks = axes.y.ticks = std::vector<plot::Tick>{};
  plot::Scatter points{.color = plot::category_color(0), .size_pt = 1.5, .opacity = 0.5};
  for (const QuaternionRow& q : model.quaternion) {
    const auto [x, y] = mollweide(rotate(Quaternion{q[0], q[1], q[2], q[3]}, {0, 0, 1}));
    points.x.push_back(x);
    points.y.push_back(y);
  }
  axes.line(outline());
  axes.scatter(std::move(points));
  std::vector<double> width;
  for (const float w : model.width_rad) width.push_back(w * kDegrees);
  if (!width.empty())
    draw_histogram(figure.axes(0, 1), width, "width of the posterior (degrees)",
                   "median width %.3g degrees");
  const std::vector<double> fluence(model.fluence.begin(), model.fluence.end());
  if (!fluence.empty())
    draw_histogram(figure.axes(0, 2), fluence, "fluence", "median fluence %.3g");
  return figure;
}

plot::Figure model_convergence_figure(const Model& model) {
  constexpr std::pair<const char*, const char*> kLabels[] = {
      {"gain_nats", "gain over the mean pattern (nats a frame)"},
      {"width_deg", "median posterior width (degrees)"},
      {"turned_deg", "median turn since before (degrees)"},
      {"fsc_radius_px", "half sets agree to (pixels of q)"}};
  const Column& steps = model.convergence.front();
  std::vector<std::pair<const Column*, const char*>> drawn;
  for (const auto& [name, label] : kLabels)
    if (const auto at = std::ranges::find(model.convergence, std::string(name), &Column::name);
        at != model.convergence.end())
      drawn.push_back({&*at, label});
  const bool four = drawn.size() == 4;
  plot::Figure figure({.width = four ? 640. : 960.,
                       .height = four ? 420. : 240.,
                       .rows = std::size_t(four ? 2 : 1),
                       .cols = four ? 2 : drawn.size()});
  for (std::size_t k = 0; k < drawn.size(); ++k) {
    plot::Axes& axes = figure.axes(four ? k / 2 : 0, four ? k % 2 : k);
    axes.x = {.label = steps.name == "frames" ? "frames placed" : steps.name,
              .integer_ticks = true};
    axes.y.label = drawn[k].second;
    axes.grid = true;
    axes.legend = plot::LegendPlace::none;
    axes.line({.x = steps.values,
               .y = drawn[k].first->values,
               .color = plot::category_color(0),
               .markers = true});
  }
  return figure;
}

plot::Figure evaluation_figure(const std::vector<double>& error_deg, const std::vector<double>& q,
                               const std::vector<double>& fsc) {
  const bool both = !fsc.empty();
  plot::Figure figure(
      {.width = both ? 760. : 400., .height = 320, .rows = 1, .cols = std::size_t(both ? 2 : 1)});
  draw_histogram(figure.axes(0, 0), error_deg, "error of the orientation (degrees)",
                 "median error %.3g degrees");
  if (both) draw_fsc(figure.axes(0, 1), q, fsc, "correlation with the truth");
  return figure;
}

}  // namespace spi
