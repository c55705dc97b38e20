// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/movie/page.h"

#include <algorithm>

#include "libspi/movie/page_parts.h"
#include "tests/unit/movie/series.h"

namespace spi {
namespace {

using Pages = Movies;

bool has(const std::vector<std::string>& lines, const std::string& part) {
  return std::ranges::any_of(lines, [&](const std::string& l) { return l.find(part) != l.npos; });
}

TEST(Words, NumbersAndLengths) {
  EXPECT_EQ(significant(0.13142, 3), "0.131");
  EXPECT_EQ(significant(74103.4, 4), "74100");
  EXPECT_EQ(significant(12.0, 3), "12.0");
  EXPECT_EQ(length_words(Quantity::density, 200), "20 nm");
  EXPECT_EQ(length_words(Quantity::density, 5), "5 Å");
  EXPECT_EQ(length_words(Quantity::intensity, 0.005), "0.005 Å⁻¹");
  EXPECT_DOUBLE_EQ(round_length(Quantity::density, 230), 200);
  EXPECT_DOUBLE_EQ(round_length(Quantity::density, 99), 50);
  EXPECT_DOUBLE_EQ(round_length(Quantity::intensity, 0.013), 0.01);
}

TEST(Tiles, RowZeroIsBelow) {
  const std::vector<float> values{0, 0, 0, 1, 1, 1, 1, 1, 1};  // [3][3], dark row first
  const auto pixels = coloured(values, 3, {0, 1}, plot::ColorMap::gray, 30);
  EXPECT_EQ(pixels.rgb[29 * 30 + 15] & 255, 0u);
  EXPECT_EQ(pixels.rgb[15] & 255, 255u);
}

TEST_F(Pages, SayWhichStateIsShown) {
  MovieOptions options;
  options.map = latents();
  StateSeries series({densities()}, options);
  Scene scene(series, options, 2, silent_monitor());
  const Page page(scene, options, "balls");
  auto lines = page.words(scene.at(0.5));
  EXPECT_EQ(lines[0], "z = (0.50, 0.00)");
  EXPECT_TRUE(has(lines, "50 % of the way from state 0 to 1 (of 0 to 2)"));
  EXPECT_TRUE(has(lines, "11 of 13 data within 0.25"));
  EXPECT_TRUE(has(lines, "nm³ (+"));
  lines = page.words(scene.at(2));
  EXPECT_TRUE(has(lines, "state 2 of 0 to 2"));
  EXPECT_TRUE(has(lines, "nothing was measured here"));
}

TEST_F(Pages, AreTheSameWithAnyNumberOfThreads) {
  MovieOptions options;
  options.size = {640, 360};
  StateSeries series({densities()}, options);
  std::vector<std::vector<std::uint32_t>> pictures;
  for (const int threads : {1, 3}) {
    Scene scene(series, options, threads, silent_monitor());
    const Page page(scene, options, "balls");
    const plot::Pixels picture = page.draw(scene.at(0.7), 0.35, threads);
    EXPECT_EQ(picture.width, 640);
    EXPECT_EQ(picture.height, 360);
    pictures.push_back(picture.rgb);
  }
  EXPECT_TRUE(pictures[0] == pictures[1]);
}

TEST_F(Pages, ScaleBarHoldsForTheSurface) {
  MovieOptions options;
  options.panels = {MoviePanel::surface};
  options.elevation = {0};
  StateSeries series({densities()}, options);
  Scene scene(series, options, 2, silent_monitor());
  const plot::Pixels p = Page(scene, options, "").draw(scene.at(2), 0, 2);
  // The ball on the middle row, against the bar near the lower left corner.
  const auto gold = [](std::uint32_t rgb) { return int(rgb >> 16 & 255) > int(rgb & 255) + 40; };
  const auto dark = [](std::uint32_t rgb) { return (rgb >> 8 & 255) < 60; };
  int ball = 0, bar = 0;
  for (int x = 0; x < p.width; ++x) ball += gold(p.rgb[std::size_t(360 * p.width + x)]);
  for (int y = 600; y < 720; ++y) {
    int row = 0;
    for (int x = 0; x < p.width / 2; ++x) row += dark(p.rgb[std::size_t(y * p.width + x)]);
    bar = std::max(bar, row);
  }
  // The bar is 10 nm, the ball of radius 9 voxels of 1 nm 18 nm wide; a pixel at each end of about
  // 240 and 430, and 0.05 of 9 voxels by which the level lies below half of the density.
  EXPECT_NEAR(double(ball) / bar, 18. / 10, 0.03);
}

}  // namespace
}  // namespace spi
