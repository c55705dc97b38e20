// SPDX-License-Identifier: GPL-3.0-or-later
// Tick values and labels against cases worked out by hand.
#include "libspi/plot/ticks.h"

#include <gtest/gtest.h>

namespace spi::plot {
namespace {

std::vector<std::string> labels(const Ticks& ticks) {
  std::vector<std::string> result;
  for (const Tick& tick : ticks.major) result.push_back(tick.label);
  return result;
}

using Labels = std::vector<std::string>;

TEST(NiceStep, IsOneTwoOrFiveTimesAPowerOfTen) {
  EXPECT_DOUBLE_EQ(nice_step(10, 5), 2);
  EXPECT_DOUBLE_EQ(nice_step(10, 10), 1);
  EXPECT_DOUBLE_EQ(nice_step(10, 4), 5);  // 2.5 is rounded up to 5
  EXPECT_DOUBLE_EQ(nice_step(10, 1), 10);
  EXPECT_DOUBLE_EQ(nice_step(0.7, 4), 0.2);  // 0.175
  EXPECT_DOUBLE_EQ(nice_step(6e7, 10), 1e7);
}

TEST(LinearTicks, IncludeBothEndsDespiteRounding) {
  EXPECT_EQ(labels(make_ticks(Scale(ScaleKind::linear, {0, 1}), 5)),
            (Labels{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(labels(make_ticks(Scale(ScaleKind::linear, {-0.3, 0.3}), 3)),
            (Labels{"−0.2", "0.0", "0.2"}));
}

TEST(LinearTicks, NeverWriteMinusZero) {
  const Ticks ticks = make_ticks(Scale(ScaleKind::linear, {-1, 1}), 4);
  EXPECT_EQ(labels(ticks), (Labels{"−1.0", "−0.5", "0.0", "0.5", "1.0"}));
}

TEST(LinearTicks, ShareAPowerOfTenWhereNumbersAreLong) {
  const Ticks large = make_ticks(Scale(ScaleKind::linear, {0, 4e6}), 4);
  EXPECT_EQ(large.factor, "×10⁶");
  EXPECT_EQ(labels(large), (Labels{"0", "1", "2", "3", "4"}));
  const Ticks small = make_ticks(Scale(ScaleKind::linear, {0, 2.5e-7}), 5);
  EXPECT_EQ(small.factor, "×10⁻⁷");
  EXPECT_EQ(labels(small), (Labels{"0.0", "0.5", "1.0", "1.5", "2.0", "2.5"}));
  EXPECT_EQ(make_ticks(Scale(ScaleKind::linear, {0, 90000}), 4).factor, "");
}

TEST(LinearTicks, KeepToWholeNumbersOnRequest) {
  EXPECT_EQ(labels(make_ticks(Scale(ScaleKind::linear, {-0.5, 2.5}), 8, 1)),
            (Labels{"0", "1", "2"}));
}

TEST(LogTicks, MarkDecadesAndTheirParts) {
  const Ticks ticks = make_ticks(Scale(ScaleKind::log, {0.5, 2000}), 4);
  EXPECT_EQ(labels(ticks), (Labels{"1", "10", "100", "1000"}));
  // 0.5...0.9: 5, then 2...9 in each of three decades: 24, then 2000.
  EXPECT_EQ(ticks.minor.size(), 30u);
}

TEST(LogTicks, WritePowersBeyondFourDigits) {
  EXPECT_EQ(labels(make_ticks(Scale(ScaleKind::log, {1e-3, 1e0}), 8)),
            (Labels{"10⁻³", "10⁻²", "10⁻¹", "10⁰"}));
}

TEST(LogTicks, SkipDecadesWhereTheyWouldCrowd) {
  const Ticks ticks = make_ticks(Scale(ScaleKind::log, {1, 1e12}), 4);
  EXPECT_EQ(labels(ticks), (Labels{"10⁰", "10³", "10⁶", "10⁹", "10¹²"}));
  EXPECT_EQ(ticks.minor.size(), 8u);  // the decades between
}

TEST(LogTicks, LabelTwoAndFiveWithinAFewDecades) {
  EXPECT_EQ(labels(make_ticks(Scale(ScaleKind::log, {1, 20}), 8)),
            (Labels{"1", "2", "5", "10", "20"}));
}

TEST(LogTicks, AreLinearWithinLessThanADecade) {
  EXPECT_EQ(labels(make_ticks(Scale(ScaleKind::log, {2, 4}), 4)),
            (Labels{"2.0", "2.5", "3.0", "3.5", "4.0"}));
}

TEST(Words, OfPowersAndNumbers) {
  EXPECT_EQ(power_of_ten(-12), "10⁻¹²");
  EXPECT_EQ(power_of_ten(30), "10³⁰");
  EXPECT_EQ(format_fixed(-0.04, 1), "0.0");
  EXPECT_EQ(format_fixed(-1.25, 2), "−1.25");
}

}  // namespace
}  // namespace spi::plot
