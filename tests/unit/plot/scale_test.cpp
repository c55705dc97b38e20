// SPDX-License-Identifier: GPL-3.0-or-later
// Automatic limits and what cannot be shown.
#include "libspi/plot/scale.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace spi::plot {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Range limits(ScaleKind kind, std::initializer_list<double> values) {
  Coverage coverage(kind);
  for (const double v : values) coverage.grow(v);
  return coverage.limits();
}

TEST(Limits, HaveAMarginOfFivePercent) {
  const Range r = limits(ScaleKind::linear, {10, 30, 20});
  EXPECT_DOUBLE_EQ(r.lo, 9);
  EXPECT_DOUBLE_EQ(r.hi, 31);
}

TEST(Limits, HaveNoMarginAtAPin) {
  Coverage coverage(ScaleKind::linear);
  coverage.grow(20);
  coverage.pin(0);
  EXPECT_EQ(coverage.limits().lo, 0);
  EXPECT_DOUBLE_EQ(coverage.limits().hi, 21);
}

TEST(Limits, TakeTheMarginOfALogAxisInDecades) {
  const Range r = limits(ScaleKind::log, {1, 100});
  EXPECT_NEAR(std::log10(r.lo), -0.1, 1e-12);
  EXPECT_NEAR(std::log10(r.hi), 2.1, 1e-12);
}

TEST(Limits, ExistWithoutData) {
  EXPECT_EQ(limits(ScaleKind::linear, {}), (Range{0, 1}));
  EXPECT_EQ(limits(ScaleKind::log, {}), (Range{1, 10}));
  EXPECT_EQ(limits(ScaleKind::linear, {kNaN, kInfinity}), (Range{0, 1}));
}

TEST(Limits, SurroundEqualValues) {
  EXPECT_EQ(limits(ScaleKind::linear, {0, 0}), (Range{-1, 1}));
  const Range r = limits(ScaleKind::linear, {-5, -5});
  EXPECT_DOUBLE_EQ(r.lo, -5.5);
  EXPECT_DOUBLE_EQ(r.hi, -4.5);
  EXPECT_EQ(limits(ScaleKind::log, {8, 8}), (Range{4, 16}));
}

TEST(Scale, MapsItsRangeToTheUnitInterval) {
  const Scale linear(ScaleKind::linear, {-2, 2}), log(ScaleKind::log, {1, 1000});
  EXPECT_DOUBLE_EQ(linear.unit(1), 0.75);
  EXPECT_NEAR(log.unit(10), 1.0 / 3, 1e-15);
  EXPECT_NEAR(log.value(log.unit(70)), 70, 1e-12);
  EXPECT_TRUE(std::isnan(log.unit(0)));
  EXPECT_TRUE(std::isnan(log.unit(-3)));
  EXPECT_TRUE(std::isnan(linear.unit(kInfinity)));
}

TEST(Scale, WidensARangeItCannotShow) {
  EXPECT_LT(Scale(ScaleKind::linear, {3, 3}).range().lo, 3);
  EXPECT_GT(Scale(ScaleKind::log, {-1, 100}).range().lo, 0);
  EXPECT_TRUE(std::isfinite(Scale(ScaleKind::linear, {kNaN, kNaN}).unit(0.5)));
}

TEST(Extent, CountsWhatItLeavesOut) {
  Extent extent{Coverage(ScaleKind::linear), Coverage(ScaleKind::log), {}, 0};
  for (const Point p : {Point{1, 1}, Point{kNaN, 1}, Point{2, 0}, Point{2, -1}, Point{-3, 10}})
    extent.add(p);
  EXPECT_EQ(extent.n_left_out, 3u);
  EXPECT_EQ(extent.points.size(), 2u);
}

}  // namespace
}  // namespace spi::plot
