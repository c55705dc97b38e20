// SPDX-License-Identifier: GPL-3.0-or-later
// Whole searches with a known answer.
#include "libspi/orientation/orient.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "simulated.h"
#include "tests/unit/folder.h"

namespace spi {
namespace {

using namespace test;

/// Median error in degrees of an unbiased estimate of least variance (Cramér and Rao): with the
/// expected photons λ of the pixels, F_ab = Σ ∂_a λ ∂_b λ / λ over three rotations, size and
/// brightness.
double least_median_error_deg(const Simulated& data, std::size_t patterns) {
  const Diffraction diffraction(data.detector);
  const auto cube_of = [&](double edge) {
    return make_particle({.shape = Shape::cube, .edge_A = edge}, diffraction.q_max());
  };
  constexpr double h = 2e-4;
  const auto cube = cube_of(420), larger = cube_of(420 * (1 + h));
  const std::size_t pixels = diffraction.pixels();
  std::vector<double> errors;
  for (std::size_t i = 0; i < patterns; ++i) {
    std::vector<float> rate(pixels), plus(pixels), minus(pixels);
    const double scale = kPhotons / diffraction.pattern(*cube, data.truth[i], rate);
    Eigen::MatrixXd slope(pixels, 5);
    for (int k = 0; k < 3; ++k) {
      const Vector3 axis{double(k == 0), double(k == 1), double(k == 2)};
      diffraction.pattern(*cube, data.truth[i] * from_axis_angle(axis, h), plus);
      diffraction.pattern(*cube, data.truth[i] * from_axis_angle(axis, -h), minus);
      for (std::size_t n = 0; n < pixels; ++n)
        slope(Eigen::Index(n), k) = scale * (double(plus[n]) - minus[n]) / (2 * h);
    }
    diffraction.pattern(*larger, data.truth[i], plus);
    Eigen::VectorXd weight(pixels);
    for (std::size_t n = 0; n < pixels; ++n) {
      slope(Eigen::Index(n), 3) = scale * (double(plus[n]) - rate[n]) / h;
      slope(Eigen::Index(n), 4) = scale * rate[n];
      weight[Eigen::Index(n)] = 1 / (scale * rate[n] + 1e-6);
    }
    const Eigen::MatrixXd fisher = slope.transpose() * weight.asDiagonal() * slope;
    const Eigen::Matrix3d covariance = fisher.inverse().topLeftCorner<3, 3>();
    const Eigen::Matrix3d root = covariance.llt().matrixL();
    for (std::uint64_t draw = 0; draw < 100; ++draw) {
      Random random(8, std::uint32_t(i), draw);
      errors.push_back(
          (root * Eigen::Vector3d(random.normal(), random.normal(), random.normal())).norm() /
          kDegree);
    }
  }
  return quantile(errors, 0.5);
}

TEST(Orient, CubesAreFoundFarBelowTheGridSpacing) {
  Simulated data = simulate(gold("cube", 60));
  const OrientResult result = orient(data.stack, against_cube(), kDefaultSeed, 2, silent_monitor());
  const Orientations& o = result.orientations;
  ASSERT_EQ(o.count(), 60u);
  const auto errors = errors_deg(data, o, "Oh", BeamTwin::same);
  // √I on rings is not quite the likelihood of pixels, but must come within a factor of 2.5 of the
  // least error that counting statistics allow (1.8 was measured).
  EXPECT_LT(quantile(errors, 0.5), 2.5 * least_median_error_deg(data, 10));
  EXPECT_LT(quantile(errors, 0.5), o.spacing_deg / 10);
  EXPECT_LT(quantile(errors, 1), o.spacing_deg / 2);
  // The Ewald sphere tells the twins apart at this brightness.
  EXPECT_LT(quantile(errors_deg(data, o, "Oh", BeamTwin::distinct), 0.95), o.spacing_deg / 2);
  std::vector<double> size_errors;
  for (std::size_t i = 0; i < o.count(); ++i) {
    size_errors.push_back(std::abs(o.size[i] - data.size[i]));
    EXPECT_GE(o.margin[i], 0);
    EXPECT_GE(o.twin_margin[i], 0);
    const auto reduced = to_fundamental_zone(point_group("Oh"), quaternion_of(o.quaternion[i]));
    EXPECT_NEAR(angle_between_rad(reduced, quaternion_of(o.quaternion[i])), 0, 1e-9);
  }
  EXPECT_LT(quantile(size_errors, 0.9), 0.005) << "a quarter of the spread of 0.02";
  EXPECT_EQ(o.symmetry, "Oh");
}

TEST(Orient, EachPatternKeepsItsBestReference) {
  SimulateOptions melting = gold("transition", 60);
  melting.melting = {0.3, 0.5};
  Simulated data = simulate(melting);
  OrientOptions options = against_cube();
  options.shape = Shape::transition;
  options.melting = {0};
  const Orientations alone =
      orient(data.stack, options, kDefaultSeed, 2, silent_monitor()).orientations;
  options.melting = {0, 0.4};
  const Orientations best =
      orient(data.stack, options, kDefaultSeed, 2, silent_monitor()).orientations;
  // A reference of the middle of their range is theirs.
  EXPECT_EQ(std::ranges::count(best.reference_index, 1u), 60);
  for (std::size_t i = 0; i < 60; ++i) EXPECT_GT(best.cc[i], alone.cc[i]);
  EXPECT_LT(quantile(errors_deg(data, best, "Oh", BeamTwin::same), 0.5),
            0.5 * quantile(errors_deg(data, alone, "Oh", BeamTwin::same), 0.5));
}

TEST(Orient, GainTellsCubesFromSpheres) {
  Simulated cubes = simulate(gold("cube", 20)), spheres = simulate(gold("sphere", 20));
  const auto cube_gain =
      orient(cubes.stack, against_cube(), kDefaultSeed, 2, silent_monitor()).orientations.gain;
  const auto sphere_gain =
      orient(spheres.stack, against_cube(), kDefaultSeed, 2, silent_monitor()).orientations.gain;
  // A sphere correlates with every slice alike: its gain is that of radial fringes, near 1.
  EXPECT_GT(std::ranges::min(cube_gain), 1.3);
  EXPECT_LT(std::ranges::max(sphere_gain), 1.2);
}

TEST(Orient, FlatSlicesAreKnownUpToTheirTwin) {
  SimulateOptions flat = gold("cube", 20);
  flat.flat_ewald = true;
  Simulated data = simulate(flat);
  EXPECT_FALSE(data.stack.info().wavelength_A);
  const Orientations o =
      orient(data.stack, against_cube(), kDefaultSeed, 2, silent_monitor()).orientations;
  EXPECT_LT(quantile(errors_deg(data, o, "Oh", BeamTwin::same), 0.9), o.spacing_deg / 5);
  for (const double margin : o.twin_margin) EXPECT_EQ(margin, 0);
}

TEST(Orient, MaskedPatternsAreComparedWhereTheyAreMeasured) {
  // A gap of eight rows, a beam stop and a missing quarter hide 40 % of the pixels.
  Simulated whole = simulate(gold("cube", 20)), data;
  data.adopt(whole.detector);
  data.truth = whole.truth;
  for (std::size_t i = 0; i < 20; ++i) {
    Patterns one = whole.stack.read(i, 1);
    for (std::size_t n = 0; n < one.weight.size(); ++n) {
      const double x = double(n % 97) - 48, y = double(n / 97) - 48;
      const bool hidden = (y > 5 && y < 14) || std::hypot(x, y) < 4 || (x > 8 && y < -8);
      if (hidden) one.weight[n] = 0, one.intensity[n] = 1e6;
    }
    data.stack.add(one.intensity, one.weight);
  }
  const Orientations o =
      orient(data.stack, against_cube(), kDefaultSeed, 2, silent_monitor()).orientations;
  EXPECT_LT(quantile(errors_deg(data, o, "Oh", BeamTwin::same), 0.9), o.spacing_deg / 4);
}

/// Median angle in degrees between one pattern's orientation and the next one's, modulo the cube's.
double median_step_deg(const Orientations& o) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < o.count(); ++i)
    steps.push_back(misorientation_rad(point_group("Oh"), quaternion_of(o.quaternion[i - 1]),
                                       quaternion_of(o.quaternion[i]), BeamTwin::distinct) /
                    kDegree);
  return quantile(steps, 0.5);
}

TEST(Orient, BallsAreTurnedByChanceAndCubesAreNot) {
  SimulateOptions bright = gold("sphere", 40);
  bright.photons = 1e8;  // noise is angular too
  Simulated spheres = simulate(bright), cubes = simulate(gold("cube", 10));
  OrientOptions options = against_cube();
  const Orientations best =
      orient(cubes.stack, options, kDefaultSeed, 2, silent_monitor()).orientations;
  options.round_below = 0.01;
  const Orientations still =
      orient(cubes.stack, options, kDefaultSeed, 2, silent_monitor()).orientations;
  EXPECT_EQ(best.quaternion, still.quaternion);
  EXPECT_EQ(best.margin, still.margin);
  const Orientations drawn =
      orient(spheres.stack, options, kDefaultSeed, 2, silent_monitor()).orientations;
  const Orientations other = orient(spheres.stack, options, 7, 2, silent_monitor()).orientations;
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(drawn.margin[i], 0);
    EXPECT_NE(drawn.quaternion[i], other.quaternion[i]);
    const auto reduced = to_fundamental_zone(point_group("Oh"), quaternion_of(drawn.quaternion[i]));
    EXPECT_NEAR(angle_between_rad(reduced, quaternion_of(drawn.quaternion[i])), 0, 1e-9);
  }
  // Two random orientations of a cube are 43 degrees apart (median, at most 62.8); views along one
  // axis, which a ball looks like best, at most 30 for three-fold and 22.5 on average for
  // four-fold.
  EXPECT_GT(median_step_deg(drawn), 35);
}

TEST(Orient, DoesNotDependOnTheThreads) {
  Simulated data = simulate(gold("cube,octahedron", 70));
  const Orientations one =
      orient(data.stack, against_cube(), kDefaultSeed, 1, silent_monitor()).orientations;
  const Orientations three =
      orient(data.stack, against_cube(), kDefaultSeed, 3, silent_monitor()).orientations;
  EXPECT_EQ(one.quaternion, three.quaternion);
  EXPECT_EQ(one.cc, three.cc);
  EXPECT_EQ(one.gain, three.gain);
  EXPECT_EQ(one.margin, three.margin);
}

TEST(Orient, ALowerSymmetryFindsTheEquivalentOnesAsSeconds) {
  // A cube said to be tetragonal has three orientations as good as each other.
  Simulated data = simulate(gold("cube", 12));
  OrientOptions options = against_cube();
  options.symmetry = "4/mmm";
  const Orientations o =
      orient(data.stack, options, kDefaultSeed, 2, silent_monitor()).orientations;
  EXPECT_LT(quantile(errors_deg(data, o, "Oh", BeamTwin::same), 0.9), o.spacing_deg / 5);
  for (std::size_t i = 0; i < o.count(); ++i) {
    const Quaternion best = quaternion_of(o.quaternion[i]),
                     second = quaternion_of(o.second_quaternion[i]);
    EXPECT_GT(misorientation_rad(point_group("D4"), best, second, BeamTwin::same), 10 * kDegree);
    EXPECT_LT(misorientation_rad(point_group("O"), best, second, BeamTwin::same), kDegree);
    EXPECT_LT(o.margin[i], 1e-3) << "equal but for where the descent stops";
  }
}

TEST(Orient, RefusesWhatCannotBeCompared) {
  Simulated data = simulate(gold("cube", 2));
  const auto with = [&](const auto& change) {
    return [&data, change] {
      OrientOptions options = against_cube();
      change(options);
      orient(data.stack, options, kDefaultSeed, 1, silent_monitor());
    };
  };
  expect_error(with([](OrientOptions& o) { o.symmetry = "I"; }),
               {"cube of edge 42nm is not symmetric under I"});
  expect_error(with([](OrientOptions& o) { o.symmetry = "Q7"; }), {"Q7", "Oh (m-3m)"});
  expect_error(with([](OrientOptions& o) { o.shape = Shape::sphere; }), {"sphere"});
  expect_error(with([](OrientOptions& o) { o.edge.reset(); }), {"--edge"});
  expect_error(with([](OrientOptions& o) { o.shape.reset(), o.edge.reset(); }), {"--shape"});
  expect_error(with([](OrientOptions& o) { o.r_max = 60; }), {"--r-max", "48"});
  expect_error(with([](OrientOptions& o) { o.r_min = 47; }), {"no rings"});
  data.stack.mutable_info().q_per_pixel.reset();
  expect_error(with([](OrientOptions&) {}), {"q of a pixel", "--detector"});
  const auto scaled = with([](OrientOptions& o) {
    o.hints = {
        .photon_energy = Energy{6000}, .distance = Length{0.705}, .pixel_size = Length{5e-4}};
  });
  EXPECT_NO_THROW(scaled());
  data.stack.add(std::vector<float>(97 * 97));
  expect_error(scaled, {"pattern 2 has no intensity"});
}

TEST(Angle, IsReadWithOrWithoutItsUnit) {
  EXPECT_DOUBLE_EQ(Text<Angle>::parse("3").radians, 3 * kDegree);
  EXPECT_DOUBLE_EQ(Text<Angle>::parse("2.5deg").radians, 2.5 * kDegree);
  EXPECT_DOUBLE_EQ(Text<Angle>::parse("0.05rad").radians, 0.05);
  EXPECT_DOUBLE_EQ(Text<Angle>::parse("20mrad").radians, 0.02);
  EXPECT_EQ(Text<Angle>::print({0.5 * std::numbers::pi}), "90deg");
  EXPECT_THROW(Text<Angle>::parse("3nm"), UserError);
  EXPECT_THROW(Text<Angle>::parse("wide"), UserError);
}

}  // namespace
}  // namespace spi
