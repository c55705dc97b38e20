// SPDX-License-Identifier: GPL-3.0-or-later
// What the pictures show, read back from their pixels.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "bitmap.h"
#include "libspi/plot/figure.h"
#include "libspi/plot/layer.h"

namespace spi::plot {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Image image_of(std::size_t rows, std::size_t cols, const std::vector<float>& values) {
  return Image(rows, cols, std::span<const float>(values));
}

Scatter dot(double x, double y, Rgb color) {
  return {.x = {x}, .y = {y}, .color = color, .size_pt = 5, .opacity = 1};
}

/// Where the dots at (lo, lo), (hi, hi) and (x, y) appear, as a fraction of the way between the
/// first two; a pixel is at least 1/300 of that way.
Point fraction(Axes& axes, const Figure& figure, double x, double y, double lo, double hi) {
  axes.scatter(dot(lo, lo, kLime)).scatter(dot(hi, hi, kBlue)).scatter(dot(x, y, kRed));
  const Bitmap bitmap = rendered(figure);
  const Point a = bitmap.center_of(kLime), b = bitmap.center_of(kBlue), p = bitmap.center_of(kRed);
  return {(p.x - a.x) / (b.x - a.x), (p.y - a.y) / (b.y - a.y)};
}

TEST(Scatter, PutsAPointWhereItBelongs) {
  Figure figure({.width = 400, .height = 400, .dpi = 72});
  const Point p = fraction(figure.axes(), figure, 2.5, 7, 0, 10);
  EXPECT_NEAR(p.x, 0.25, 0.003);
  EXPECT_NEAR(p.y, 0.7, 0.003);
}

TEST(Scatter, GrowsToTheRightAndUpwards) {
  Figure figure({.width = 200, .height = 200, .dpi = 72});
  figure.axes().scatter(dot(0, 0, kLime)).scatter(dot(1, 1, kRed));
  const Bitmap bitmap = rendered(figure);
  EXPECT_GT(bitmap.center_of(kRed).x, bitmap.center_of(kLime).x);
  EXPECT_LT(bitmap.center_of(kRed).y, bitmap.center_of(kLime).y);
}

TEST(Scatter, FollowsLogAxes) {
  Figure figure({.width = 400, .height = 400, .dpi = 72});
  Axes& axes = figure.axes();
  axes.x.scale = axes.y.scale = ScaleKind::log;
  const Point p = fraction(axes, figure, 10, 100, 1, 1e4);
  EXPECT_NEAR(p.x, 0.25, 0.003);
  EXPECT_NEAR(p.y, 0.5, 0.003);
}

TEST(Scatter, LeavesOutWhatCannotBeShownAndSaysSo) {
  Figure with({.width = 200, .height = 200}), without({.width = 200, .height = 200});
  with.axes().scatter({.x = {1, 2, kNaN}, .y = {1, 2, 3}});
  without.axes().scatter({.x = {1, 2}, .y = {1, 2}});
  const Bitmap a = rendered(with), b = rendered(without);
  EXPECT_GT(std::ranges::count_if(a.rgb, [](auto v) { return v != 0xFFFFFF; }),
            std::ranges::count_if(b.rgb, [](auto v) { return v != 0xFFFFFF; }));
}

TEST(Scatter, KeepsCirclesRoundWithEqualAspect) {
  Figure figure({.width = 500, .height = 250, .dpi = 72});
  figure.axes().equal_aspect = true;
  figure.axes().scatter(dot(0, 0, kLime)).scatter(dot(3, 0, kBlue)).scatter(dot(0, 3, kRed));
  const Bitmap bitmap = rendered(figure);
  const Point origin = bitmap.center_of(kLime);
  EXPECT_NEAR(bitmap.center_of(kBlue).x - origin.x, origin.y - bitmap.center_of(kRed).y, 1.0);
}

TEST(Legend, CountsTheCategories) {
  const LayerPtr layer =
      make_layer(Scatter{.x = {1, 2, 3, 4},
                         .y = {1, 2, 3, 4},
                         .category = {{1, -1, 1, 0}, {"folded", "open", "none"}}});
  std::vector<LegendEntry> entries;
  layer->add_legend(entries);
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].label, "folded (1)");
  EXPECT_EQ(entries[1].label, "open (2)");
  EXPECT_EQ(entries[2].label, "none (0)");
  EXPECT_EQ(entries[3].label, "no category (1)");
  EXPECT_EQ(entries[1].color, category_color(1));
  EXPECT_EQ(entries[3].color, kNoCategory);
}

TEST(Legend, StandsOutsideInsideOrNowhere) {
  const auto rightmost_blue = [](LegendPlace place) {
    Figure figure({.width = 300, .height = 200, .dpi = 72});
    figure.axes().scatter({.x = {0, 1}, .y = {0, 1}, .label = "dots", .color = kRed, .opacity = 1});
    figure.axes().hline({.at = 0.5, .color = kBlue});
    figure.axes().legend = place;
    const Bitmap bitmap = rendered(figure);
    int right = 0, n_red = bitmap.count(kRed);
    for (int y = 0; y < bitmap.height; ++y)
      for (int x = 0; x < bitmap.width; ++x)
        if (bitmap.at(x, y) != 0xFFFFFF && (bitmap.at(x, y) & 0xFF) > 0xC0 &&
            (bitmap.at(x, y) >> 16) < 0xA0)
          right = std::max(right, x);
    return std::pair{right, n_red};
  };
  const auto [out_right, out_red] = rightmost_blue(LegendPlace::outside);
  const auto [in_right, in_red] = rightmost_blue(LegendPlace::inside);
  const auto [no_right, no_red] = rightmost_blue(LegendPlace::none);
  EXPECT_LT(out_right, in_right - 20);  // the box makes room
  EXPECT_EQ(in_right, no_right);
  EXPECT_GT(out_red, no_red);
  EXPECT_GT(in_red, no_red);
}

TEST(Ellipse, ReachesOneSigma) {
  Figure figure({.width = 300, .height = 300, .dpi = 72});
  Scatter s = dot(0, 0, kRed);
  s.covariance = {{.xx = 4, .xy = 0, .yy = 1}};
  Axes& axes = figure.axes();
  axes.equal_aspect = true;
  axes.scatter(s).scatter(dot(2, 5, kLime)).scatter(dot(-5, 0, kBlue));
  const Bitmap bitmap = rendered(figure);
  const Point center = bitmap.center_of(kRed);
  const double sigma_x = bitmap.center_of(kLime).x - center.x;  // 2 units
  const auto is_edge = [&](double x, double y) {
    const auto pixel = bitmap.at(static_cast<int>(x), static_cast<int>(y));
    return (pixel & 0xFF) < 0xC0;  // the outline is redder than the pale inside
  };
  const auto edge_within = [&](double dx, double dy) {  // one pixel around the place
    for (const double d : {-1.0, 0.0, 1.0})
      if (is_edge(center.x + dx + (dx != 0 ? d : 0), center.y + dy + (dy != 0 ? d : 0)))
        return true;
    return false;
  };
  EXPECT_TRUE(edge_within(sigma_x, 0));
  EXPECT_TRUE(edge_within(0, -sigma_x / 2));
  EXPECT_FALSE(edge_within(0, -sigma_x));
}

TEST(Heatmap, HasRowZeroAtTheTopUnlessItIsAPattern) {
  for (const bool y_up : {false, true}) {
    Figure figure({.width = 200, .height = 200, .dpi = 72});
    figure.axes().heatmap({.image = image_of(2, 2, {0, 1, 2, 3}),
                           .colors = {.min = 0, .max = 3, .bar = false},
                           .y_up = y_up});
    const Bitmap bitmap = rendered(figure);
    const Point first = bitmap.center_of(color_at(ColorMap::viridis, 0));
    const Point second = bitmap.center_of(color_at(ColorMap::viridis, 1.0 / 3));
    const Point third = bitmap.center_of(color_at(ColorMap::viridis, 2.0 / 3));
    EXPECT_LT(first.x, second.x);
    EXPECT_NEAR(first.y, second.y, 1);
    EXPECT_NEAR(first.x, third.x, 1);
    EXPECT_EQ(first.y < third.y, !y_up);
  }
}

TEST(Heatmap, PutsDataCoordinatesOnItsPixels) {
  Figure figure({.width = 200, .height = 200, .dpi = 72});
  figure.axes().heatmap({.image = image_of(3, 3, {0, 0, 0, 0, 0, 1, 0, 0, 0}),
                         .colors = {.min = 0, .max = 1, .bar = false}});
  const Point pixel = rendered(figure).center_of(color_at(ColorMap::viridis, 1));
  figure.axes().scatter(dot(2, 1, kRed));
  const Point red = rendered(figure).center_of(kRed);
  EXPECT_NEAR(pixel.x, red.x, 1);
  EXPECT_NEAR(pixel.y, red.y, 1);
}

TEST(Heatmap, ShowsNaNInGray) {
  Figure figure({.width = 200, .height = 200, .dpi = 72});
  figure.axes().heatmap(
      {.image = image_of(1, 2, {1, static_cast<float>(kNaN)}), .colors = {.bar = false}});
  EXPECT_GT(rendered(figure).count(kMissing), 1000);
}

TEST(Heatmap, StaysSmallInASvg) {
  const std::size_t n = 3000;
  std::vector<float> values(n * n);
  for (std::size_t i = 0; i < n * n; ++i) values[i] = static_cast<float>((i * 2654435761u) % 1000);
  Figure figure;
  figure.axes().heatmap({.image = image_of(n, n, values)});
  EXPECT_LT(figure.bytes(Format::svg).size(), 8u << 20);  // 9 M noisy pixels would take > 30 MB
}

TEST(Heatmap, ColorsItsStripsByCategory) {
  Figure figure({.width = 200, .height = 200, .dpi = 72});
  figure.axes().legend = LegendPlace::none;
  figure.axes().heatmap({.image = image_of(4, 1, {0, 0, 0, 0}),
                         .colors = {.map = ColorMap::gray, .bar = false},
                         .square = false,
                         .row_strip = {{0, 0, 0, 1}, {"a", "b"}}});
  const Bitmap bitmap = rendered(figure);
  const double n_a = bitmap.count(category_color(0)), n_b = bitmap.count(category_color(1));
  EXPECT_NEAR(n_a / n_b, 3, 0.2);
  EXPECT_LT(bitmap.center_of(category_color(0)).y, bitmap.center_of(category_color(1)).y);
}

TEST(Montage, ScalesTogetherOrEachForItself) {
  const Rgb high = color_at(ColorMap::viridis, 1);
  const auto bright = [&](bool common) {
    Figure figure({.width = 200, .height = 100, .dpi = 72});
    figure.axes().montage({.images = {image_of(1, 2, {0, 1}), image_of(1, 2, {0, 10})},
                           .colors = {.cut_percent = 0, .bar = false},
                           .common_scale = common});
    return rendered(figure).count(high);
  };
  EXPECT_NEAR(static_cast<double>(bright(false)) / bright(true), 2, 0.1);
}

TEST(Bars, StandOnZeroWhereTheAxisIs) {
  Figure figure({.width = 200, .height = 200, .dpi = 72});
  figure.axes().bars({.x = {0, 1}, .height = {1, 0.5}, .color = kBlue});
  figure.axes().scatter(dot(0, 0, kRed));
  const Bitmap bitmap = rendered(figure);
  const auto zero = static_cast<int>(std::lround(bitmap.center_of(kRed).y));
  int lowest_bar = 0;
  for (int y = 0; y < bitmap.height; ++y)
    for (int x = 0; x < bitmap.width; ++x)
      if ((bitmap.at(x, y) & 0xFF) > 0xF0 && (bitmap.at(x, y) >> 16) < 0x40) lowest_bar = y;
  const auto between_bars =
      static_cast<int>(bitmap.center_of(kRed).x + 0.5 * (bitmap.width - 20) / 2.1);
  int darkest = 0xFF;
  for (int y = zero - 3; y <= zero + 3; ++y)
    darkest = std::min<int>(darkest, bitmap.at(between_bars, y) & 0xFF);
  EXPECT_NEAR(lowest_bar, zero, 3);  // the dot is clipped to its upper half
  EXPECT_LT(darkest, 0xA0);          // the axis
}

TEST(Text, ThatIsLongStaysOnThePage) {
  Figure figure({.width = 200, .height = 150, .dpi = 72});
  Axes& axes = figure.axes();
  axes.title = axes.x.label = axes.y.label =
      "a long label, longer than the page is wide, with μ and Å⁻¹ (10² photons)";
  axes.scatter({.x = {0, 1}, .y = {0, 1}, .category = {{0, 1}, {std::string(80, 'W'), "b"}}});
  const Bitmap bitmap = rendered(figure);
  for (int x = 0; x < bitmap.width; ++x) {
    EXPECT_EQ(bitmap.at(x, 0), 0xFFFFFFu);
    EXPECT_EQ(bitmap.at(x, bitmap.height - 1), 0xFFFFFFu);
  }
  for (int y = 0; y < bitmap.height; ++y) {
    EXPECT_EQ(bitmap.at(0, y), 0xFFFFFFu);
    EXPECT_EQ(bitmap.at(bitmap.width - 1, y), 0xFFFFFFu);
  }
}

}  // namespace
}  // namespace spi::plot
