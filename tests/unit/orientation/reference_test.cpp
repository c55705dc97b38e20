// SPDX-License-Identifier: GPL-3.0-or-later
// References, their slices, their symmetry, and the refinement of a pose.
#include "libspi/orientation/reference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/geometry/detector_grid.h"
#include "libspi/orientation/refine.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;

const Body kCube{.shape = Shape::cube, .edge_A = 420};

TEST(PatternGeometry, IsThatOfTheDetector) {
  const Detector d = make_detector({.columns = 41,
                                    .rows = 41,
                                    .distance = {0.1},
                                    .pixel_size = {1e-3},
                                    .photon_energy = {6000}});
  const PatternGeometry curved{*d.q_per_pixel(), d.ewald_wavelength_A()};
  for (std::size_t x = 20; x < 41; ++x) {  // along the row of the beam
    const std::size_t pixel = 20 * 41 + x;
    const auto [across, along] = curved.q_at(double(x - 20));
    EXPECT_NEAR(across, d.sx[pixel] / *d.wavelength_A, 1e-12);
    EXPECT_NEAR(along, d.sz[pixel] / *d.wavelength_A, 1e-12);
  }
  const PatternGeometry flat{0.25, {}};
  EXPECT_EQ(flat.q_at(8), (std::array<double, 2>{2, 0}));
}

TEST(VolumeReference, IsTrilinear) {
  // A function linear in each coordinate is reproduced exactly; q_per_voxel = 1/(9·2.5).
  constexpr std::size_t n = 9;
  Volume volume{n, n, n, {}, 2.5};
  const auto f = [](double x, double y, double z) {
    return 50 + 3 * x - 2 * y + z + 0.5 * x * y * z;
  };
  for (std::size_t z = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x)
        volume.values.push_back(float(f(double(x) - 4, double(y) - 4, double(z) - 4)));
  volume.values[0] = -1e-3f;  // noise below 0 counts as 0
  const auto reference = volume_reference(volume, "v.h5");
  EXPECT_DOUBLE_EQ(reference->q_max(), 4 / (9 * 2.5));
  const double q = 1 / (9 * 2.5);
  std::vector<float> x{0, float(1.25 * q), float(-3.5 * q), float(4 * q), float(-4 * q)};
  std::vector<float> y{0, float(-2.5 * q), float(0.75 * q), 0, float(-4 * q)};
  std::vector<float> z{0, float(0.5 * q), float(2.25 * q), 0, float(-4 * q)};
  std::vector<float> out(5);
  reference->intensity(x, y, z, out);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(out[i], f(x[i] / q, y[i] / q, z[i] / q), 1e-4) << i;
  EXPECT_EQ(out[4], 0);
}

TEST(VolumeReference, RefusesWhatIsNone) {
  expect_error(
      [] {
        volume_reference({8, 9, 8, std::vector<float>(576, 1.f), 1}, "v.mrc");
      },
      {"v.mrc", "8 x 9", "cube"});
  expect_error(
      [] {
        volume_reference({8, 8, 8, std::vector<float>(512), 1}, "v.mrc");
      },
      {"v.mrc", "no intensity"});
}

TEST(Symmetry, ShapesHaveTheirGroupsAndTheirSubgroups) {
  constexpr double q_max = 0.015;
  for (const Shape shape : {Shape::cube, Shape::transition, Shape::octahedron, Shape::dimer,
                            Shape::rod, Shape::sphere}) {
    const auto reference = shape_reference({.shape = shape, .edge_A = 420, .melting = 0.3}, q_max);
    EXPECT_NO_THROW(require_symmetry(*reference, point_group(point_group_of(shape)), q_max, "s"));
    EXPECT_NO_THROW(require_symmetry(*reference, point_group("C1"), q_max, "s"));
    EXPECT_NO_THROW(require_symmetry(*reference, point_group("D2"), q_max, "s"));
  }
}

TEST(Symmetry, AGroupThatContradictsTheReferenceIsMeasured) {
  constexpr double q_max = 0.015;
  const auto cube = shape_reference(kCube, q_max);
  const auto rod = shape_reference({.shape = Shape::rod, .edge_A = 420}, q_max);
  expect_error([&] { require_symmetry(*cube, point_group("I"), q_max, "cube"); },
               {"cube is not symmetric under I (532)", "correlation", "--symmetry"});
  expect_error([&] { require_symmetry(*rod, point_group("432"), q_max, "rod"); },
               {"rod is not symmetric under O (432)"});
  expect_error([&] { require_symmetry(*cube, point_group("C5"), q_max, "cube"); }, {"C5"});
  EXPECT_LT(asymmetry(*cube, point_group("Oh"), q_max).deviation, 1e-3);
  EXPECT_GT(asymmetry(*cube, point_group("Ih"), q_max).deviation, 0.5);
}

TEST(Symmetry, IntensitiesAreCentrosymmetric) {
  constexpr std::size_t n = 33;
  Volume volume{n, n, n, {}, 10};
  for (std::size_t i = 0; i < n * n * n; ++i) {
    Random random(3, 0, i);
    volume.values.push_back(float(random.uniform()));
  }
  const auto reference = volume_reference(volume, "noise.mrc");
  expect_error(
      [&] { require_symmetry(*reference, point_group("C1"), reference->q_max(), "noise.mrc"); },
      {"noise.mrc is not centrosymmetric", "N/2"});
}

/// Points on 40 rings of 160 angles, of unit factor.
SlicePoints points() {
  PolarGrid grid = unit_spaced_grid(12, 51, 160);
  for (double& r : grid.radii_px) r *= 2;
  const std::vector<std::size_t> stride(40, 1);
  const std::vector<float> ones(40, 1.f);
  return {grid, {.q_per_pixel = 1.4e-4, .wavelength_A = 2.07}, stride, ones, ones};
}

TEST(Refine, FindsThePoseOfAnExactPattern) {
  // Fringes are 1/(420 Å · 1.4e-4/Å) = 17 pixels wide, 0.17 rad at the outermost ring: from a tenth
  // of that the descent must find the pose to rounding, which is 1e-7 of √I over its slope.
  const auto cube = shape_reference(kCube, 0.02);
  const SlicePoints slice = points();
  for (std::uint64_t i = 0; i < 10; ++i) {
    Random random(4, 0, i);
    const Pose truth{random_rotation(random), 1 + 0.05 * (random.uniform() - 0.5)};
    PatternPoints pattern{std::vector<float>(slice.size()), slice.weight()};
    slice.slice(*cube, truth, pattern.value);
    for (std::size_t n = 0; n < 500; ++n) pattern.weight[7 * n] = pattern.value[7 * n] = 0;
    const Vector3 axis{random.normal(), random.normal(), random.normal()};
    const Pose start{truth.model_from_lab * from_axis_angle(axis, 0.017), 1};
    RefineScratch scratch;
    const Refined found =
        refine(*cube, slice, pattern, start, {.size_range = 0.1, .settled_rad = 1e-7}, scratch);
    EXPECT_LT(angle_between_rad(found.pose.model_from_lab, truth.model_from_lab), 1e-5);
    EXPECT_NEAR(found.pose.size, truth.size, 1e-5);
    EXPECT_NEAR(found.correlation, 1, 1e-6);
  }
}

TEST(Refine, NeverWorsensAndKeepsTheSizeInItsRange) {
  const auto cube = shape_reference(kCube, 0.02);
  const SlicePoints slice = points();
  PatternPoints pattern{std::vector<float>(slice.size()), slice.weight()};
  slice.slice(*cube, {{}, 1.2}, pattern.value);  // larger than is allowed
  RefineScratch scratch;
  double before = -1;
  for (std::size_t steps = 0; steps < 8; ++steps) {
    const Refined found = refine(*cube, slice, pattern, {from_axis_angle({1, 2, 3}, 0.05), 1},
                                 {.size_range = 0.1, .max_steps = steps}, scratch);
    EXPECT_GE(found.correlation, before);
    EXPECT_LE(found.pose.size, 1.1 + 1e-9);
    before = found.correlation;
  }
  const Refined still = refine(*cube, slice, pattern, {{}, 1}, {.size_range = 0}, scratch);
  EXPECT_EQ(still.pose.size, 1) << "a range of 0 leaves the size alone";
}

}  // namespace
}  // namespace spi
