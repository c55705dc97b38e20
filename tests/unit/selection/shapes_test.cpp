// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/shapes.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "libspi/base/random.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;
using test::write_file;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

using Shapes = test::InFolder;

TEST(Shape, IntervalReadsAndPrints) {
  const Interval both = Text<Interval>::parse("c1=-0.2:1/4");
  EXPECT_EQ(both.column, "c1");
  EXPECT_EQ(both.low, -0.2);
  EXPECT_EQ(both.high, 0.25);
  for (const char* text : {"c1=-0.2:0.3", "truth.melting=:0.1", "gain=2:"})
    EXPECT_EQ(Text<Interval>::print(Text<Interval>::parse(text)), text);
  const auto refused = [](const char* text) { return [text] { Text<Interval>::parse(text); }; };
  expect_error(refused("c1"), {"'c1' is not NAME=LOW:HIGH"});
  expect_error(refused("c1=3"), {"NAME=LOW:HIGH"});
  expect_error(refused("=1:2"), {"NAME=LOW:HIGH"});
  expect_error(refused("c1=:"), {"no bound"});
  expect_error(refused("c1=2:1"), {"2 is above 1"});
  expect_error(refused("c1=a:b"), {"'a' is not a number"});
  expect_error(refused("c1=nan:1"), {"'nan' is not a number"});
}

TEST(Shape, IntervalTakesItsBoundsAndNoMissingValue) {
  const Taken taken = inside({-1, 0, 0.5, 1, 2, kNone}, Interval{"c1", 0, 1});
  EXPECT_EQ(taken.rows, (std::vector<bool>{0, 1, 1, 1, 0, 0}));
  EXPECT_EQ(taken.unknown, 1u);
}

TEST(Shape, PercentilesPartTheRows) {
  for (const std::size_t n : {1u, 2u, 7u, 100u, 1001u}) {
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i)
      values.push_back(std::floor(20 * Random(5, 0, i).uniform()));  // with ties
    values.push_back(kNone);
    std::vector<int> times(n + 1);
    for (int p = 0; p < 100; p += 10) {
      const Taken taken = within_percentiles(values, {"c1", double(p), double(p + 10)});
      for (std::size_t i = 0; i <= n; ++i) times[i] += taken.rows[i];
    }
    std::vector<int> once(n + 1, 1);
    once[n] = 0;
    EXPECT_EQ(times, once) << n;
  }
}

TEST(Shape, PercentileTakesItsShare) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back((i * 377) % 1000);  // 0 ... 999 in another order
  const Taken taken = within_percentiles(values, {"c1", 10, 30});
  EXPECT_EQ(std::ranges::count(taken.rows, true), 200);
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(taken.rows[i], values[i] >= 99.9 && values[i] < 299.7);
  expect_error([] { within_percentiles({kNone}, {"c1", 0, 50}); }, {"'c1' has no finite value"});
}

TEST(Shape, PolygonReads) {
  const Polygon polygon = Text<Polygon>::parse("0,0 1,0  1,1;0,1 0,0");
  EXPECT_EQ(polygon.corners.size(), 4u);  // the closing corner is the first
  const auto refused = [](const char* text) { return [text] { Text<Polygon>::parse(text); }; };
  expect_error(refused("0,0 1,1"), {"at least 3", "this has 2"});
  expect_error(refused("0,0 1,1 0,0"), {"at least 3", "this has 2"});
  expect_error(refused("0,0 1,1 1,1"), {"at least 3", "this has 2"});
  expect_error(refused("0,0 1,1 2"), {"\"x,y x,y x,y\"", "5 numbers"});
  expect_error(refused("0,0 1,1 2,nan"), {"'nan' is not a number"});
  expect_error(refused(""), {"at least 3"});
  expect_error(refused("outline.txt"), {"'outline.txt' is not a number"});
}

TEST_F(Shapes, PolygonIsReadFromAFile) {
  write_file(at("p.txt"), "# by hand\n0, 0\n2 0 # right\n\n2,2\r\n");
  const Polygon polygon = Text<Polygon>::parse(at("p.txt"));
  EXPECT_TRUE(polygon.is_file);
  EXPECT_EQ(polygon.corners, (std::vector<std::array<double, 2>>{{0, 0}, {2, 0}, {2, 2}}));
  write_file(at("short.txt"), "0 0\n1 1\n");
  expect_error([&] { Text<Polygon>::parse(at("short.txt")); }, {"short.txt", "this has 2"});
}

/// Times that the outline winds about a point, from the angles at which its corners are seen.
long windings(const Polygon& polygon, double x, double y) {
  double turned = 0;
  const std::size_t n = polygon.corners.size();
  for (std::size_t k = 0; k < n; ++k) {
    const auto &a = polygon.corners[k], &b = polygon.corners[(k + 1) % n];
    const double from = std::atan2(a[1] - y, a[0] - x), to = std::atan2(b[1] - y, b[0] - x);
    turned += std::remainder(to - from, 2 * std::numbers::pi);
  }
  return std::lround(turned / (2 * std::numbers::pi));
}

TEST(Shape, PolygonAgreesWithTheWindingOfItsOutline) {
  std::size_t in = 0;
  for (std::uint64_t n = 0; n < 200; ++n) {
    Random random(6, 0, n);
    Polygon polygon;
    for (std::uint64_t k = 3 + random.below(6); k > 0; --k)
      polygon.corners.push_back({random.uniform(), random.uniform()});
    std::vector<double> x, y;
    for (int i = 0; i < 50; ++i) x.push_back(random.uniform()), y.push_back(random.uniform());
    const Taken taken = inside(x, y, polygon);
    for (std::size_t i = 0; i < x.size(); ++i) {
      // Even-odd is the winding's last bit. No random point lies on an outline.
      ASSERT_EQ(taken.rows[i], windings(polygon, x[i], y[i]) % 2 != 0);
      in += taken.rows[i];
    }
  }
  EXPECT_GT(in, 1000u);
}

TEST(Shape, PolygonHasItsOutline) {
  const Polygon square = Text<Polygon>::parse("0,0 2,0 2,2 0,2");
  const std::vector<double> x{0, 1, 2, 2, 0, 1, 3, -1, 1, kNone};
  const std::vector<double> y{0, 0, 1, 2, 1, 1, 2, 0, 2.5, 1};
  const Taken taken = inside(x, y, square);
  EXPECT_EQ(taken.rows, (std::vector<bool>{1, 1, 1, 1, 1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(taken.unknown, 1u);
}

TEST(Shape, NearestReads) {
  const Nearest point = Text<Nearest>::parse("50@0.1,-0.2,0");
  EXPECT_EQ(point.count, 50u);
  EXPECT_EQ(point.point, (std::vector<double>{0.1, -0.2, 0}));
  const Nearest row = Text<Nearest>::parse("5@id=17");
  EXPECT_EQ(row.id, 17u);
  for (const char* text : {"50@0.1,-0.2,0", "5@id=17"})
    EXPECT_EQ(Text<Nearest>::print(Text<Nearest>::parse(text)), text);
  const auto refused = [](const char* text) { return [text] { Text<Nearest>::parse(text); }; };
  expect_error(refused("5"), {"COUNT@x,y"});
  expect_error(refused("0@1,2"), {"asks for none"});
  expect_error(refused("-3@1,2"), {"out of range"});
  expect_error(refused("5@"), {"names no point"});
  expect_error(refused("5@id=x"), {"'x' is not a number"});
}

TEST(Shape, NearestAreTheFirstOfAllByDistance) {
  constexpr std::size_t kRows = 300;
  std::vector<double> x, y;
  for (std::size_t i = 0; i < kRows; ++i) {
    Random random(7, 0, i);
    x.push_back(double(random.below(10)));  // many equal distances
    y.push_back(i % 50 == 3 ? kNone : double(random.below(10)));
  }
  std::vector<std::size_t> order(kRows);
  std::iota(order.begin(), order.end(), 0);
  const auto distance = [&](std::size_t i) { return std::hypot(x[i] - 4, y[i] - 5); };
  std::erase_if(order, [&](std::size_t i) { return std::isnan(y[i]); });
  std::ranges::stable_sort(order, {}, distance);
  for (const std::size_t count : {std::size_t{1}, std::size_t{37}, order.size()}) {
    std::vector<bool> expected(kRows);
    for (std::size_t k = 0; k < count; ++k) expected[order[k]] = true;
    const Taken taken = nearest({x, y}, {4, 5}, count);
    EXPECT_EQ(taken.rows, expected);
    EXPECT_EQ(taken.unknown, 6u);
  }
  expect_error([&] { nearest({x, y}, {4, 5}, 295); }, {"asks for 295", "only 294"});
}

}  // namespace
}  // namespace spi
