// SPDX-License-Identifier: GPL-3.0-or-later
// Point groups: closed, of the right order, and what they make of orientations.
#include "libspi/geometry/point_group.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr Matrix3 kInversion{-1, 0, 0, 0, -1, 0, 0, 0, -1};

Matrix3 product(const Matrix3& a, const Matrix3& b) {
  Matrix3 c{};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 3; ++k) c[3 * i + j] += a[3 * i + k] * b[3 * k + j];
  return c;
}

struct Expected {
  const char* name;
  const char* hermann_mauguin;
  std::size_t order, rotations;
  const char* laue;
};

/// Orders of the crystallographic point groups and a few others, from any table of them.
const Expected kGroups[] = {{"C1", "1", 1, 1, "Ci"},       {"Ci", "-1", 2, 1, "Ci"},
                            {"Cs", "m", 2, 1, "C2h"},      {"C2", "2", 2, 2, "C2h"},
                            {"C2h", "2/m", 4, 2, "C2h"},   {"C2v", "mm2", 4, 2, "D2h"},
                            {"D2", "222", 4, 4, "D2h"},    {"D2h", "mmm", 8, 4, "D2h"},
                            {"C3", "3", 3, 3, "S6"},       {"S6", "-3", 6, 3, "S6"},
                            {"C3h", "-6", 6, 3, "C6h"},    {"C3v", "3m", 6, 3, "D3d"},
                            {"D3", "32", 6, 6, "D3d"},     {"D3d", "-3m", 12, 6, "D3d"},
                            {"D3h", "-6m2", 12, 6, "D6h"}, {"C4", "4", 4, 4, "C4h"},
                            {"S4", "-4", 4, 2, "C4h"},     {"C4h", "4/m", 8, 4, "C4h"},
                            {"C4v", "4mm", 8, 4, "D4h"},   {"D2d", "-42m", 8, 4, "D4h"},
                            {"D4", "422", 8, 8, "D4h"},    {"D4h", "4/mmm", 16, 8, "D4h"},
                            {"C6", "6", 6, 6, "C6h"},      {"C6h", "6/m", 12, 6, "C6h"},
                            {"D6", "622", 12, 12, "D6h"},  {"D6h", "6/mmm", 24, 12, "D6h"},
                            {"C5", "5", 5, 5, "S10"},      {"D5", "52", 10, 10, "D5d"},
                            {"C17", "17", 17, 17, "S34"},  {"D24", "2422", 48, 48, "D24h"},
                            {"T", "23", 12, 12, "Th"},     {"Th", "m-3", 24, 12, "Th"},
                            {"Td", "-43m", 24, 12, "Oh"},  {"O", "432", 24, 24, "Oh"},
                            {"Oh", "m-3m", 48, 24, "Oh"},  {"I", "532", 60, 60, "Ih"},
                            {"Ih", "m-3-5", 120, 60, "Ih"}};

TEST(PointGroup, NamesAndOrders) {
  for (const Expected& expected : kGroups) {
    for (const char* name : {expected.name, expected.hermann_mauguin}) {
      const PointGroup group = point_group(name);
      EXPECT_EQ(group.name, expected.name) << name;
      EXPECT_EQ(group.hermann_mauguin, expected.hermann_mauguin) << name;
      EXPECT_EQ(group.order(), expected.order) << name;
      EXPECT_EQ(group.rotations.size(), expected.rotations) << name;
      EXPECT_EQ(group.laue_name, expected.laue) << name;
    }
  }
  EXPECT_EQ(point_group("oh").name, "Oh");
  EXPECT_EQ(point_group("m3m").name, "Oh");
  EXPECT_EQ(point_group("C1h").name, "Cs");
}

TEST(PointGroup, ClosedAndOrthogonal) {
  for (const Expected& expected : kGroups) {
    const PointGroup group = point_group(expected.name);
    EXPECT_EQ(group.operations[0], (Matrix3{1, 0, 0, 0, 1, 0, 0, 0, 1}));
    for (const Matrix3& a : group.operations) {
      Matrix3 transposed = a;
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) transposed[3 * i + j] = a[3 * j + i];
      const Matrix3 one = product(a, transposed);
      for (int k = 0; k < 9; ++k) EXPECT_NEAR(one[k], k % 4 == 0, 1e-13) << expected.name;
      EXPECT_TRUE(contains(group, transposed)) << expected.name << ": the inverse";
      for (const Matrix3& b : group.operations)
        ASSERT_TRUE(contains(group, product(a, b))) << expected.name;
    }
    for (std::size_t i = 0; i < group.order(); ++i)  // no operation comes twice
      for (std::size_t j = 0; j < i; ++j) {
        double difference = 0;
        for (int k = 0; k < 9; ++k)
          difference =
              std::max(difference, std::abs(group.operations[i][k] - group.operations[j][k]));
        EXPECT_GT(difference, 0.01) << expected.name;
      }
  }
}

TEST(PointGroup, CubicOperationsAreExact) {
  for (const Matrix3& m : point_group("Oh").operations)
    for (const double x : m) EXPECT_TRUE(x == 0 || x == 1 || x == -1) << x;
}

TEST(PointGroup, LaueClassIsTheGroupWithTheInversion) {
  for (const Expected& expected : kGroups) {
    const PointGroup group = point_group(expected.name), laue = laue_class(group);
    EXPECT_TRUE(contains(laue, kInversion));
    for (const Matrix3& m : group.operations) EXPECT_TRUE(contains(laue, m)) << expected.name;
    EXPECT_EQ(laue.order(), contains(group, kInversion) ? group.order() : 2 * group.order());
  }
}

TEST(PointGroup, AxesLieWhereTheHeaderSays) {
  const auto has_axis = [](const char* name, const Vector3& axis, int fold) {
    const Quaternion q = from_axis_angle(axis, 2 * std::numbers::pi / fold);
    return contains(point_group(name), to_matrix(q));
  };
  EXPECT_TRUE(has_axis("C5", {0, 0, 1}, 5));
  EXPECT_TRUE(has_axis("D5", {1, 0, 0}, 2));
  EXPECT_FALSE(has_axis("D5", {0, 1, 0}, 2));
  EXPECT_TRUE(has_axis("O", {1, 0, 0}, 4));
  EXPECT_TRUE(has_axis("T", {1, -1, 1}, 3));
  EXPECT_FALSE(has_axis("T", {1, 0, 0}, 4));
  EXPECT_TRUE(has_axis("I", {0, 1, std::numbers::phi}, 5));
  EXPECT_TRUE(has_axis("I", {0, 1, 0}, 2));
  EXPECT_FALSE(has_axis("I", {0, std::numbers::phi, 1}, 5));
}

TEST(PointGroup, FundamentalZone) {
  for (const char* name : {"C1", "D3", "O", "I"}) {
    const PointGroup group = point_group(name);
    for (std::uint64_t i = 0; i < 100; ++i) {
      Random random(11, 0, i);
      const Quaternion q = random_rotation(random);
      const Quaternion reduced = to_fundamental_zone(group, q);
      EXPECT_GE(reduced.w, 0);
      EXPECT_NEAR(misorientation_rad(group, q, reduced), 0, 1e-14) << name;
      const Quaternion& g = group.rotations[i % group.rotations.size()];
      EXPECT_NEAR(angle_between_rad(to_fundamental_zone(group, g * q), reduced), 0, 1e-13) << name;
    }
  }
}

TEST(PointGroup, Misorientation) {
  const PointGroup cubic = point_group("O"), none = point_group("C1");
  const Quaternion quarter = from_axis_angle({0, 0, 1}, std::numbers::pi / 2 + 0.1);
  EXPECT_NEAR(misorientation_rad(cubic, {}, quarter), 0.1, 1e-14);
  EXPECT_NEAR(misorientation_rad(none, {}, quarter), std::numbers::pi / 2 + 0.1, 1e-14);
  Random random(3, 0, 0);
  const Quaternion q = random_rotation(random);
  const Quaternion twin = q * from_axis_angle({0, 0, 1}, std::numbers::pi);
  EXPECT_NEAR(misorientation_rad(none, q, twin, BeamTwin::same), 0, 1e-14);
  EXPECT_NEAR(misorientation_rad(none, q, twin), std::numbers::pi, 1e-14);
}

TEST(PointGroup, UnknownNamesAreListed) {
  for (const char* name : {"", "X", "C0", "D1", "C-2", "m-3mm", "C99999999999"}) {
    try {
      point_group(name);
      FAIL() << name;
    } catch (const UserError& error) {
      EXPECT_NE(std::string(error.what()).find("Oh (m-3m)"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace spi
