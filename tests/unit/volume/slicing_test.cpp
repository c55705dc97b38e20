// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/slicing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "libspi/selftest/reference/slicing_reference.h"

namespace spi {
namespace {

constexpr std::size_t kSize = 13;
constexpr double kQ = 1e-3;         // 1/Å a voxel
constexpr double kWavelength = 40;  // Å: an Ewald sphere that curves by a voxel inside kSize

std::vector<float> noise(std::size_t n, std::uint64_t seed) {
  Random random(seed, 0, 0);
  std::vector<float> values(n);
  for (float& v : values) v = float(random.normal());
  return values;
}

std::vector<Quaternion> orientations(std::size_t n) {
  std::vector<Quaternion> result;
  Random random(11, 0, 0);
  for (std::size_t i = 0; i < n; ++i) result.push_back(random_rotation(random));
  return result;
}

Slicer slicer(const char* group, std::size_t size = kSize) {
  return {FreeBox(size, point_group(group)), disc_points(size, kQ, kWavelength)};
}

Vector3 point(const QueryPoints& points, std::size_t i, const Quaternion& model_from_lab) {
  return rotate(model_from_lab, Vector3{points.x[i], points.y[i], points.z[i]});
}

class Slicing : public testing::TestWithParam<const char*> {};

/// Trilinear weights lose 1e-7 of coordinates up to 6 voxels to rounding: values of a few units
/// agree to 1e-5.
constexpr double kRounding = 1e-5;

TEST_P(Slicing, EqualsTheSumOverAllOperationsOnTheWholeCube) {
  const Slicer s = slicer(GetParam());
  const auto box = noise(s.box().voxels(), 1);
  auto tied = box;
  s.box().tie(tied);
  const auto cube = s.box().unfold(tied);
  const auto q = orientations(1);
  std::vector<float> out(s.points().size());
  s.slice(box, q, out, 2);
  for (std::size_t i = 0; i < out.size(); ++i)
    ASSERT_NEAR(out[i],
                reference::symmetric_value(cube, kSize, point_group(GetParam()),
                                           point(s.points(), i, q[0])),
                kRounding)
        << i;
}

TEST_P(Slicing, AdjointIsTheTranspose) {
  const Slicer s = slicer(GetParam());
  const auto q = orientations(3);
  const auto x = noise(3 * s.box().voxels(), 2), y = noise(3 * s.points().size(), 3);
  std::vector<float> ax(y.size()), aty(x.size());
  s.slice(x, q, ax, 2);
  s.adjoint(y, q, aty, 2);
  const auto dot = [](const auto& a, const auto& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                              [](float u, float v) { return double(u) * v; });
  };
  // Each of the terms is rounded to 1e-7 of itself; their signs are random, |Ax||y| bounds them.
  EXPECT_NEAR(dot(ax, y), dot(x, aty), 1e-6 * std::sqrt(dot(ax, ax) * dot(y, y)));
}

TEST_P(Slicing, GradientIsTheFiniteDifference) {
  const Slicer s = slicer(GetParam(), 7);
  const auto q = orientations(1);
  const auto target = noise(s.points().size(), 4);
  auto box = noise(s.box().voxels(), 5);
  std::vector<float> out(s.points().size());
  const auto loss = [&] {
    s.slice(box, q, out, 1);
    double sum = 0;
    for (std::size_t i = 0; i < out.size(); ++i) sum += std::pow(out[i] - target[i], 2) / 2.0;
    return sum;
  };
  loss();
  std::vector<float> residual(out.size()), gradient(box.size());
  for (std::size_t i = 0; i < out.size(); ++i) residual[i] = out[i] - target[i];
  s.adjoint(residual, q, gradient, 1);
  for (std::size_t voxel = 0; voxel < box.size(); voxel += 5) {
    const float kept = box[voxel];
    box[voxel] = kept + 0.25f;
    const double up = loss();
    box[voxel] = kept - 0.25f;
    const double down = loss();
    box[voxel] = kept;
    // The loss is quadratic: its central difference is exact, but for rounding of ~40 terms.
    EXPECT_NEAR(gradient[voxel], (up - down) / 0.5, 1e-4);
  }
}

TEST_P(Slicing, DoesNotDependOnTheThreads) {
  const Slicer s = slicer(GetParam());
  const auto q = orientations(2);
  const auto x = noise(2 * s.box().voxels(), 6), y = noise(2 * s.points().size(), 7);
  std::vector<float> ax1(y.size()), ax5(y.size()), aty1(x.size()), aty5(x.size());
  s.slice(x, q, ax1, 1);
  s.slice(x, q, ax5, 5);
  s.adjoint(y, q, aty1, 1);
  s.adjoint(y, q, aty5, 5);  // more threads than patterns: the volumes are split
  EXPECT_EQ(ax1, ax5);
  EXPECT_EQ(aty1, aty5);
}

TEST_P(Slicing, IsTheSameInSymmetricOrientations) {
  const Slicer s = slicer(GetParam());
  const auto box = noise(s.box().voxels(), 8);
  const Quaternion q = orientations(1)[0];
  std::vector<float> out(s.points().size()), image(out.size());
  s.slice(box, std::vector{q}, out, 1);
  for (const Quaternion& g : point_group(GetParam()).rotations) {
    s.slice(box, std::vector{g * q}, image, 1);
    for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], image[i], kRounding);
  }
}

INSTANTIATE_TEST_SUITE_P(Groups, Slicing,
                         testing::Values("C1", "C2", "C3", "D3", "C4h", "D2", "m-3", "m-3m", "I"),
                         [](const auto& group) {
                           std::string name = group.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(SlicedCube, EqualsSlicingTheSymmetrisedCubeWhereTheGridHasTheSymmetry) {
  for (const char* group : {"C1", "C2", "C4h", "D4", "m-3", "m-3m"}) {
    const Slicer s = slicer(group);
    const auto cube = noise(kSize * kSize * kSize, 9);  // without any symmetry
    const auto symmetric = reference::symmetrise(cube, kSize, point_group(group));
    const auto q = orientations(1);
    std::vector<float> out(s.points().size());
    s.slice(s.box().fold_cube(cube), q, out, 1);
    for (std::size_t i = 0; i < out.size(); ++i)
      ASSERT_NEAR(out[i], reference::trilinear(symmetric, kSize, point(s.points(), i, q[0])),
                  kRounding)
          << group;
    const auto ours = s.symmetrised_cube(s.box().fold_cube(cube), 2);
    for (std::size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], symmetric[i], kRounding);
  }
}

TEST(SlicedCube, PointsOutsideGiveZeroAndNoGradient) {
  QueryPoints points;
  points.x = {6.5f, 5.5f}, points.y = {0, 0}, points.z = {0, 0}, points.pixel = {0, 1};
  const Slicer s(FreeBox(kSize, point_group("C1")), points);
  const std::vector<float> box(s.box().voxels(), 1.f);
  std::vector<float> out(2), gradient(box.size());
  s.slice(box, std::vector{Quaternion{}}, out, 1);
  EXPECT_EQ(out, (std::vector{0.f, 1.f}));
  s.adjoint(std::vector{1.f, 0.f}, std::vector{Quaternion{}}, gradient, 1);
  EXPECT_EQ(gradient, std::vector<float>(box.size(), 0.f));
}

TEST(DiscPoints, LieOnTheEwaldSphere) {
  const QueryPoints points = disc_points(81, kQ, kWavelength);
  for (std::size_t i = 0; i < points.size(); i += 17) {
    const double x = kQ * points.x[i], y = kQ * points.y[i], z = kQ * points.z[i] + 1 / kWavelength;
    EXPECT_NEAR(std::sqrt(x * x + y * y + z * z), 1 / kWavelength, 1e-8);
    EXPECT_LE(points.z[i], 0);
  }
  EXPECT_EQ(disc_points(3, kQ).size(), 5u);
}

}  // namespace
}  // namespace spi
