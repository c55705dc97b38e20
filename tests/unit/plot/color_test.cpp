// SPDX-License-Identifier: GPL-3.0-or-later
// Colour maps: ends, order, limits, and values that are missing.
#include "libspi/plot/color.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

namespace spi::plot {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double luminance(Rgb c) { return 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b; }

TEST(ColorMap, HasItsKnownEnds) {
  EXPECT_EQ(packed(color_at(ColorMap::viridis, 0)), 0x440154u);
  EXPECT_EQ(packed(color_at(ColorMap::viridis, 1)), 0xFDE725u);
  EXPECT_EQ(packed(color_at(ColorMap::magma, 0)), 0x000004u);
  EXPECT_EQ(packed(color_at(ColorMap::magma, 1)), 0xFCFDBFu);
  EXPECT_EQ(packed(color_at(ColorMap::gray, 0)), 0x000000u);
  EXPECT_EQ(packed(color_at(ColorMap::gray, 2)), 0xFFFFFFu);
}

TEST(ColorMap, GrowsBrighterAllTheWay) {
  for (const ColorMap map : {ColorMap::viridis, ColorMap::magma, ColorMap::gray})
    for (int i = 1; i <= 100; ++i)
      EXPECT_GT(luminance(color_at(map, i / 100.0)), luminance(color_at(map, (i - 1) / 100.0)))
          << "at " << i << " per cent of map " << static_cast<int>(map);
}

TEST(ColorMap, DivergingIsBrightestInTheMiddleAndBalanced) {
  const auto at = [](double t) { return luminance(color_at(ColorMap::diverging, t)); };
  for (int i = 1; i <= 50; ++i) {
    EXPECT_GT(at(i / 100.0), at((i - 1) / 100.0));
    EXPECT_GT(at(1 - i / 100.0), at(1 - (i - 1) / 100.0));
    EXPECT_NEAR(at(i / 100.0), at(1 - i / 100.0), 0.06);  // equal strength looks equally strong
  }
}

TEST(Categories, AreDistinctForFortyOfThem) {
  std::set<std::pair<std::uint32_t, Marker>> seen;
  for (std::size_t k = 0; k < 40; ++k) seen.emplace(packed(category_color(k)), category_marker(k));
  EXPECT_EQ(seen.size(), 40u);
}

TEST(ColorMapping, CutsPercentilesAndSaysSo) {
  std::vector<double> values(1001);
  for (int i = 0; i <= 1000; ++i) values[i] = i;
  const ColorMapping mapping({.cut_percent = 1}, values);
  EXPECT_EQ(mapping.scale().range(), (Range{10, 990}));
  EXPECT_TRUE(mapping.values_below() && mapping.values_above());
  const ColorMapping whole({.cut_percent = 0}, values);
  EXPECT_EQ(whole.scale().range(), (Range{0, 1000}));
  EXPECT_FALSE(whole.values_below() || whole.values_above());
}

TEST(ColorMapping, IsSymmetricWhenDiverging) {
  const std::vector<double> values{-1, 0, 4};
  const ColorMapping mapping({.map = ColorMap::diverging, .cut_percent = 0}, values);
  EXPECT_EQ(mapping.scale().range(), (Range{-4, 4}));
  EXPECT_EQ(mapping(0), color_at(ColorMap::diverging, 0.5));
}

TEST(ColorMapping, GivenLimitsWin) {
  const std::vector<double> values{5, 6};
  const ColorMapping mapping({.min = 0, .max = 10}, values);
  EXPECT_EQ(mapping(5), color_at(ColorMap::viridis, 0.5));
  EXPECT_EQ(mapping(99), color_at(ColorMap::viridis, 1));
}

TEST(ColorMapping, ShowsMissingAndNonPositiveValues) {
  const std::vector<double> values{kNaN, -1, 1, 100};
  const ColorMapping mapping({.scale = ScaleKind::log, .cut_percent = 0}, values);
  EXPECT_EQ(mapping.scale().range(), (Range{1, 100}));
  EXPECT_EQ(mapping(kNaN), kMissing);
  EXPECT_EQ(mapping(-1), color_at(ColorMap::viridis, 0));
  EXPECT_EQ(mapping(10), color_at(ColorMap::viridis, 0.5));
  EXPECT_EQ(mapping(INFINITY), color_at(ColorMap::viridis, 1));
}

TEST(ColorMapping, SurvivesNoValuesAtAll) {
  EXPECT_EQ(ColorMapping({}, {})(0), color_at(ColorMap::viridis, 0));
  EXPECT_EQ(ColorMapping({}, std::vector<double>{kNaN})(kNaN), kMissing);
}

}  // namespace
}  // namespace spi::plot
