// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/orientations.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace spi {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Lambert's azimuthal equal-area projection about `middle`, z upwards.
class EqualArea {
 public:
  explicit EqualArea(const Vector3& middle) : z_(middle) {
    const double across = std::hypot(z_[0], z_[1]);
    x_ = {-z_[1] / across, z_[0] / across, 0};
    y_ = {z_[1] * x_[2] - z_[2] * x_[1], z_[2] * x_[0] - z_[0] * x_[2],
          z_[0] * x_[1] - z_[1] * x_[0]};
  }
  std::array<double, 2> operator()(const Vector3& v) const {
    const double scale = std::sqrt(2 / std::max(1e-12, 1 + dot(v, z_)));
    return {scale * dot(v, x_), scale * dot(v, y_)};
  }

 private:
  static double dot(const Vector3& a, const Vector3& b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  }
  Vector3 x_{}, y_{}, z_;
};

bool in_zone(const PointGroup& group, const Vector3& v) {
  const Vector3 folded = to_zone(group, v);
  return std::hypot(folded[0] - v[0], folded[1] - v[1], folded[2] - v[2]) < 1e-6;
}

/// The border of the zone: where going a little farther from the middle leaves it.
plot::Line border(const PointGroup& group, const EqualArea& project) {
  const Vector3 middle = zone_middle();
  const Quaternion to_middle = view_towards(middle);
  plot::Line line{.color = plot::kInk, .width_pt = 0.8};
  constexpr int kSteps = 720;
  for (int n = 0; n <= kSteps; ++n) {
    const double azimuth = 2 * std::numbers::pi * n / kSteps;
    const auto at = [&](double polar) {
      return rotate(to_middle, {std::sin(polar) * std::cos(azimuth),
                                std::sin(polar) * std::sin(azimuth), std::cos(polar)});
    };
    double inside = 0, outside = std::numbers::pi;
    while (outside - inside > 1e-5) {
      const double half = (inside + outside) / 2;
      (in_zone(group, at(half)) ? inside : outside) = half;
    }
    const auto [x, y] = project(at(inside));
    line.x.push_back(x);
    line.y.push_back(y);
  }
  return line;
}

/// [001], [101] and so on, where they lie in the zone or on its border.
void add_directions(plot::Axes& axes, const PointGroup& group, const EqualArea& project) {
  for (int h = -1; h <= 1; ++h)
    for (int k = -1; k <= 1; ++k)
      for (int l = -1; l <= 1; ++l) {
        const double length = std::sqrt(double(h * h + k * k + l * l));
        if (!(length > 0)) continue;
        const Vector3 v{h / length, k / length, l / length};
        if (!in_zone(group, v)) continue;
        const auto [x, y] = project(v);
        axes.scatter({.x = {x}, .y = {y}, .color = plot::kInk, .size_pt = 3., .opacity = 1.});
        axes.text({.x = x, .y = y, .text = text_of(" [", h, k, l, "]")});
      }
}

plot::Bars histogram(const std::vector<double>& values) {
  constexpr int kBins = 40;
  std::vector<double> finite;
  for (const double v : values)
    if (std::isfinite(v)) finite.push_back(v);
  plot::Bars bars;
  if (finite.empty()) return bars;
  const auto [low, high] = std::ranges::minmax(finite);
  const double width = std::max(high - low, 1e-9) / kBins;
  std::vector<double> counts(kBins);
  for (const double v : finite) counts[std::size_t(std::min(kBins - 1., (v - low) / width))] += 1;
  for (int n = 0; n < kBins; ++n) bars.x.push_back(low + (n + 0.5) * width);
  bars.height = counts;
  bars.width = width;
  return bars;
}

void draw_histogram(plot::Axes& axes, const std::vector<double>& values, const char* label) {
  axes.x.label = label;
  axes.y.label = "patterns";
  axes.y.min = 0;
  axes.y.integer_ticks = true;
  axes.legend = plot::LegendPlace::none;
  axes.bars(histogram(values));
}

/// `count` patterns evenly spread over the order of their gains.
std::vector<std::size_t> spread_over_gain(const Orientations& o, std::size_t count) {
  std::vector<std::size_t> order(o.count()), chosen;
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    return std::isnan(o.gain[i]) ? -std::numeric_limits<double>::infinity() : o.gain[i];
  });
  count = std::min(count, order.size());
  for (std::size_t k = 0; k < count; ++k)
    chosen.push_back(order[count == 1 ? 0 : k * (order.size() - 1) / (count - 1)]);
  return chosen;
}

/// Scales a slice to the pattern's brightness and lifts it to the pattern's faintest pixel, so that
/// both are seen on the same scale.
void match(std::vector<float>& slice, const std::vector<float>& pattern) {
  double seen = 0, expected = 0;
  float faintest = std::numeric_limits<float>::max();
  for (std::size_t n = 0; n < slice.size(); ++n)
    if (!std::isnan(slice[n]) && !std::isnan(pattern[n])) {
      seen += pattern[n], expected += slice[n];
      if (pattern[n] > 0) faintest = std::min(faintest, pattern[n]);
    }
  for (float& x : slice)
    if (!std::isnan(x)) x = std::max(faintest, float(x * seen / std::max(expected, 1e-300)));
}

}  // namespace

plot::Figure views_figure(const OrientResult& result) {
  const PointGroup& group = result.comparisons[0].laue;
  const Orientations& o = result.orientations;
  const EqualArea project(zone_middle());
  plot::Figure figure({.width = 500, .height = 440});
  plot::Axes& axes = figure.axes();
  axes.title = text_of("View directions in the zone of ", group.hermann_mauguin,
                       " (equal-area projection), N = ", o.count());
  axes.equal_aspect = true;
  axes.legend = plot::LegendPlace::none;
  axes.x.ticks = axes.y.ticks = std::vector<plot::Tick>{};
  plot::Scatter points{.value = o.gain, .colors = {.label = "gain"}};
  for (const QuaternionRow& row : o.quaternion) {
    const auto [x, y] = project(to_zone(group, rotate(quaternion_of(row), {0, 0, 1})));
    points.x.push_back(x);
    points.y.push_back(y);
  }
  axes.line(border(group, project));
  axes.scatter(std::move(points));
  add_directions(axes, group, project);
  return figure;
}

plot::Figure gain_figure(const OrientResult& result) {
  const Orientations& o = result.orientations;
  plot::Figure figure({.width = 1080, .height = 320, .rows = 1, .cols = 3});
  figure.axes(0, 0).title = text_of("Reference: ", o.reference, ", N = ", o.count());
  draw_histogram(figure.axes(0, 0), o.gain, "gain (best over mean correlation)");
  draw_histogram(figure.axes(0, 1), o.margin, "margin to the second orientation");
  plot::Axes& axes = figure.axes(0, 2);
  axes.x.label = "size over the reference's";
  axes.y.label = "correlation";
  axes.grid = true;
  axes.scatter({.x = o.size, .y = o.cc, .value = o.gain, .colors = {.label = "gain"}});
  return figure;
}

plot::Figure slices_figure(StackReader& stack, const OrientResult& result, std::size_t count) {
  const Orientations& o = result.orientations;
  const std::vector<std::size_t> chosen = spread_over_gain(o, count);
  plot::Montage montage{.images = {}, .captions = {}, .common_scale = false};
  montage.colors.scale = plot::ScaleKind::log;
  montage.colors.map = plot::ColorMap::magma;
  montage.y_up = true;
  montage.columns = chosen.size();
  std::vector<plot::Image> slices;
  std::vector<std::string> captions;
  char text[48];
  for (const std::size_t i : chosen) {
    Patterns one = stack.read(i, 1);
    for (std::size_t n = 0; n < one.intensity.size(); ++n)
      if (!(one.weight[n] > 0)) one.intensity[n] = float(kNan);
    std::vector<float> slice =
        pixel_slice(result.comparisons[o.reference_index[i]], one.rows, one.columns,
                    {quaternion_of(o.quaternion[i]), o.size[i]});
    match(slice, one.intensity);
    montage.images.emplace_back(one.rows, one.columns, std::span<const float>(one.intensity));
    slices.emplace_back(one.rows, one.columns, std::span<const float>(slice));
    std::snprintf(text, sizeof text, "id %llu, gain %.2f", static_cast<unsigned long long>(o.id[i]),
                  o.gain[i]);
    montage.captions.push_back(text);
    std::snprintf(text, sizeof text, "slice, cc %.3f", o.cc[i]);
    captions.push_back(text);
  }
  montage.images.insert(montage.images.end(), slices.begin(), slices.end());
  montage.captions.insert(montage.captions.end(), captions.begin(), captions.end());
  plot::Figure figure(
      {.width = 112. * double(std::max<std::size_t>(chosen.size(), 3)) + 20, .height = 300});
  figure.axes().title =
      "Patterns from the lowest to the highest gain, and their best slices (logarithmic)";
  figure.axes().montage(std::move(montage));
  return figure;
}

}  // namespace spi
