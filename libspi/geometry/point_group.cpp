// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/geometry/point_group.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr int kMaxFold = 24;
constexpr double kSame = 1e-6;  ///< entries of different operations differ by far more

constexpr Matrix3 kIdentity{1, 0, 0, 0, 1, 0, 0, 0, 1};
constexpr Matrix3 kInversion{-1, 0, 0, 0, -1, 0, 0, 0, -1};
constexpr Matrix3 kMirrorX{-1, 0, 0, 0, 1, 0, 0, 0, 1};
constexpr Matrix3 kMirrorZ{1, 0, 0, 0, 1, 0, 0, 0, -1};
constexpr Matrix3 kTwofoldX{1, 0, 0, 0, -1, 0, 0, 0, -1};
constexpr Matrix3 kTwofoldZ{-1, 0, 0, 0, -1, 0, 0, 0, 1};
constexpr Matrix3 kFourfoldZ{0, -1, 0, 1, 0, 0, 0, 0, 1};
constexpr Matrix3 kFourfoldInversionZ{0, 1, 0, -1, 0, 0, 0, 0, -1};
constexpr Matrix3 kThreefold111{0, 0, 1, 1, 0, 0, 0, 1, 0};

/// Multiples of 1/2 are made exact.
double snapped(double x) {
  const double nearest = std::round(2 * x) / 2;
  return std::abs(x - nearest) < 1e-12 ? nearest + 0.0 : x;
}

Matrix3 product(const Matrix3& a, const Matrix3& b) {
  Matrix3 c{};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < 3; ++k) sum += a[3 * i + k] * b[3 * k + j];
      c[3 * i + j] = snapped(sum);
    }
  return c;
}

Matrix3 turn(const Vector3& axis, double angle_rad) {
  Matrix3 m = to_matrix(from_axis_angle(axis, angle_rad));
  for (double& x : m) x = snapped(x);
  return m;
}
Matrix3 turn_z(int n) { return turn({0, 0, 1}, 2 * std::numbers::pi / n); }

double determinant(const Matrix3& m) {
  return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
         m[2] * (m[3] * m[7] - m[4] * m[6]);
}

bool same(const Matrix3& a, const Matrix3& b) {
  for (std::size_t k = 0; k < 9; ++k)
    if (std::abs(a[k] - b[k]) > kSame) return false;
  return true;
}

bool contains(const std::vector<Matrix3>& operations, const Matrix3& m) {
  return std::ranges::any_of(operations, [&](const Matrix3& other) { return same(other, m); });
}

/// All products of the generators.
std::vector<Matrix3> closure(const std::vector<Matrix3>& generators) {
  std::vector<Matrix3> operations{kIdentity};
  for (std::size_t k = 0; k < operations.size(); ++k)
    for (const Matrix3& generator : generators) {
      const Matrix3 next = product(generator, operations[k]);
      if (!contains(operations, next)) operations.push_back(next);
    }
  return operations;
}

/// A group before its operations are multiplied out.
struct Recipe {
  std::string name, hermann_mauguin, laue;
  std::vector<Matrix3> generators;
};

std::vector<Recipe> cubic_and_icosahedral() {
  const Matrix3 fivefold = turn({0, 1, std::numbers::phi}, 2 * std::numbers::pi / 5);
  return {{"T", "23", "Th", {kTwofoldZ, kThreefold111}},
          {"Th", "m-3", "Th", {kTwofoldZ, kThreefold111, kInversion}},
          {"Td", "-43m", "Oh", {kFourfoldInversionZ, kThreefold111}},
          {"O", "432", "Oh", {kFourfoldZ, kThreefold111}},
          {"Oh", "m-3m", "Oh", {kFourfoldZ, kThreefold111, kInversion}},
          {"I", "532", "Ih", {kTwofoldZ, kThreefold111, fivefold}},
          {"Ih", "m-3-5", "Ih", {kTwofoldZ, kThreefold111, fivefold, kInversion}}};
}

/// The groups with one n-fold axis.
std::vector<Recipe> axial(int n) {
  const std::string fold = std::to_string(n), twice = std::to_string(2 * n);
  const Matrix3 axis = turn_z(n), roto_reflection = product(turn_z(2 * n), kMirrorZ);
  if (n == 1)
    return {{"C1", "1", "Ci", {}},
            {"Ci", "-1", "Ci", {roto_reflection}},
            {"Cs", "m", "C2h", {kMirrorZ}}};
  const std::string c = "C" + fold, d = "D" + fold, s = "S" + twice;
  if (n % 2 == 1) {
    const std::string c_twice = "C" + twice + "h", d_twice = "D" + twice + "h";
    return {{c, fold, s, {axis}},
            {c + "h", "-" + twice, c_twice, {axis, kMirrorZ}},
            {c + "v", fold + "m", d + "d", {axis, kMirrorX}},
            {s, "-" + fold, s, {roto_reflection}},
            {d, fold + "2", d + "d", {axis, kTwofoldX}},
            {d + "h", "-" + twice + "m2", d_twice, {axis, kTwofoldX, kMirrorZ}},
            {d + "d", "-" + fold + "m", d + "d", {roto_reflection, kTwofoldX}}};
  }
  return {{c, fold, c + "h", {axis}},
          {c + "h", fold + "/m", c + "h", {axis, kMirrorZ}},
          {c + "v", n == 2 ? "mm2" : fold + "mm", d + "h", {axis, kMirrorX}},
          {s, "-" + twice, "C" + twice + "h", {roto_reflection}},
          {d, fold + "22", d + "h", {axis, kTwofoldX}},
          {d + "h", n == 2 ? "mmm" : fold + "/mmm", d + "h", {axis, kTwofoldX, kMirrorZ}},
          {d + "d", "-" + twice + "2m", "D" + twice + "h", {roto_reflection, kTwofoldX}}};
}

std::vector<Recipe> recipes(int max_fold) {
  std::vector<Recipe> all = cubic_and_icosahedral();
  for (int n = 1; n <= max_fold; ++n)
    for (Recipe& recipe : axial(n)) all.push_back(std::move(recipe));
  return all;
}

PointGroup made_from(Recipe&& recipe) {
  PointGroup group{.name = std::move(recipe.name),
                   .hermann_mauguin = std::move(recipe.hermann_mauguin),
                   .laue_name = std::move(recipe.laue),
                   .operations = closure(recipe.generators),
                   .rotations = {}};
  for (const Matrix3& m : group.operations)
    if (determinant(m) > 0) group.rotations.push_back(from_matrix(m));
  return group;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return out;
}

/// Other spellings in use, in lower case.
std::string usual_name(const std::string& name) {
  static constexpr std::string_view kAlso[][2] = {
      {"c1h", "cs"}, {"c1v", "cs"},   {"s2", "ci"},      {"c1i", "ci"},     {"c3i", "s6"},
      {"m3", "m-3"}, {"m3m", "m-3m"}, {"-53m", "m-3-5"}, {"m-35", "m-3-5"}, {"235", "532"}};
  for (const auto& [alias, usual] : kAlso)
    if (name == alias) return std::string(usual);
  return name;
}

}  // namespace

PointGroup point_group(std::string_view name) {
  const std::string wanted = usual_name(lower(name));
  for (Recipe& recipe : recipes(kMaxFold))
    if (wanted == lower(recipe.name) || wanted == recipe.hermann_mauguin)
      return made_from(std::move(recipe));
  fail("'", name,
       "' is no point group known here: C1 (1), Ci (-1), Cs (m), Cn (2, 3, 4, ...), Cnh (2/m), Cnv "
       "(mm2), S2n (-4), Dn (222, 32, 422, ...), Dnh (mmm, 4/mmm), Dnd (-3m), with n up to ",
       kMaxFold, ", T (23), Th (m-3), Td (-43m), O (432), Oh (m-3m), I (532), Ih (m-3-5)");
}

PointGroup laue_class(const PointGroup& group) {
  for (Recipe& recipe : recipes(2 * kMaxFold))  // that of C23h is C46h
    if (recipe.name == group.laue_name) return made_from(std::move(recipe));
  SPI_ASSERT(!"the Laue class of every group is a group");
}

bool contains(const PointGroup& group, const Matrix3& operation) {
  return contains(group.operations, operation);
}

Quaternion to_fundamental_zone(const PointGroup& group, const Quaternion& model_from_lab) {
  Quaternion best = model_from_lab;
  for (const Quaternion& g : group.rotations) {
    const Quaternion q = g * model_from_lab;
    if (std::abs(q.w) > std::abs(best.w) + 1e-9) best = q;
  }
  return best.w < 0 ? Quaternion{-best.w, -best.x, -best.y, -best.z} : best;
}

double misorientation_rad(const PointGroup& group, const Quaternion& a, const Quaternion& b,
                          BeamTwin twin) {
  double smallest = std::numbers::pi;
  const auto try_one = [&](const Quaternion& q) {
    for (const Quaternion& g : group.rotations)
      smallest = std::min(smallest, angle_between_rad(a, g * q));
  };
  try_one(b);
  if (twin == BeamTwin::same) try_one(b * Quaternion{0, 0, 0, 1});
  return smallest;
}

}  // namespace spi
