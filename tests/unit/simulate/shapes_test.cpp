// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes: their transforms against sums over fine voxels, their volumes, the melting sequence.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/random.h"
#include "libspi/geometry/rotation.h"
#include "libspi/simulate/fast_trig.h"
#include "libspi/simulate/particle.h"
#include "libspi/simulate/quadrature.h"
#include "libspi/simulate/superellipsoid.h"

namespace spi {
namespace {

constexpr double kPi = std::numbers::pi;

std::complex<double> amplitude(const Particle& particle, const Vector3& q) {
  const auto [x, y, z] = q;
  const float qx = static_cast<float>(x), qy = static_cast<float>(y), qz = static_cast<float>(z);
  std::complex<float> f;
  particle.amplitude({&qx, 1}, {&qy, 1}, {&qz, 1}, {&f, 1});
  return f;
}

Vector3 random_vector(std::uint64_t id, double length) {
  Random random(11, 0, id);
  return rotate(random_rotation(random), {0, 0, length});
}

/// Whether a point is inside a shape of volume 1 (before melting), in words as plain as can be.
bool inside(const Body& body, double x, double y, double z) {
  x = std::abs(x), y = std::abs(y), z = std::abs(z);
  switch (body.shape) {
    case Shape::cube:
      return std::max({x, y, z}) <= 0.5;
    case Shape::sphere:
      return x * x + y * y + z * z <= std::pow(1.1 * 0.75 / kPi, 2.0 / 3);
    case Shape::octahedron:
      return x + y + z <= std::cbrt(0.75);
    case Shape::dimer: {
      const double r = std::cbrt(0.375 / kPi);
      return x * x + y * y + (z - r) * (z - r) <= r * r;
    }
    case Shape::rod: {
      const double r = std::cbrt(0.5 / kPi / body.rod_aspect);
      return x * x + y * y <= r * r && z <= body.rod_aspect * r;
    }
    case Shape::transition:
      break;
  }
  const double p = 2 / (body.melting / 0.7);
  const double r = 1 / std::cbrt(superellipsoid_volume(p));
  return std::pow(x, p) + std::pow(y, p) + std::pow(z, p) <= std::pow(r, p);
}

/// Sum over n^3 voxels of the octant x, y, z < size, each probed at a random point: unbiased even
/// where a face runs along the voxels.
struct VoxelBody {
  std::vector<Vector3> point;
  double voxel_volume = 0;

  VoxelBody(const Body& body, double size, int n) : voxel_volume(std::pow(size / n, 3)) {
    Random random(12, 0, 0);
    for (int k = 0; k < n; ++k)
      for (int j = 0; j < n; ++j)
        for (int i = 0; i < n; ++i) {
          const Vector3 p{(i + random.uniform()) * size / n, (j + random.uniform()) * size / n,
                          (k + random.uniform()) * size / n};
          if (inside(body, p[0], p[1], p[2])) point.push_back(p);
        }
  }
  double amplitude(const Vector3& q) const {
    double sum = 0;
    for (const auto& [x, y, z] : point)
      sum += std::cos(2 * kPi * q[0] * x) * std::cos(2 * kPi * q[1] * y) *
             std::cos(2 * kPi * q[2] * z);
    return 8 * voxel_volume * sum;
  }
};

class EachShape : public testing::TestWithParam<Body> {};

TEST_P(EachShape, AgreesWithVoxels) {
  const Body body = GetParam();
  const int n = 150;
  const VoxelBody voxels(body, outer_radius_A(body) * 1.001, n);
  const auto particle = make_particle(body, 3);
  // A voxel that the surface cuts counts whole or not at all: a standard deviation of half a voxel
  // at most, on about 1.5 area/voxel^2 of them, an eighth of them drawn and repeated eightfold. No
  // area here is above 7.5. Four standard deviations.
  const double voxel = std::cbrt(voxels.voxel_volume);
  const double tolerance = 4 * 8 * 0.5 * voxels.voxel_volume * std::sqrt(1.5 * 7.5 / 8) / voxel;
  for (int i = 0; i < 12; ++i) {
    const Vector3 q = random_vector(i, 0.25 * (i + 1));
    const auto f = amplitude(*particle, q);
    EXPECT_NEAR(f.real(), voxels.amplitude(q), tolerance)
        << name_of(body.shape) << " at |q| = " << 0.25 * (i + 1);
    EXPECT_EQ(f.imag(), 0) << "it has a centre of symmetry";
  }
}

TEST_P(EachShape, ForwardAmplitudeIsTheVolume) {
  const Body body = GetParam();
  // 5e-4: the interpolation of the superellipsoid; the others are good to single precision
  const double tolerance = body.shape == Shape::transition ? 5e-4 : 1e-6;
  EXPECT_NEAR(amplitude(*make_particle(body, 3), {0, 0, 0}).real() / volume_A3(body), 1, tolerance);
}

TEST_P(EachShape, ScalesWithItsEdge) {
  // F of a body k times as large is k^3 F(k q). Tolerance: single precision of the phase, 1e-6 of
  // F(0); for the interpolated one its error, below 1e-3 of a typical F.
  Body small = GetParam(), large = small;
  large.edge_A *= 420;
  const auto a = make_particle(small, 3), b = make_particle(large, 3 / 420.0);
  for (int i = 0; i < 30; ++i) {
    const Vector3 q = random_vector(i, 0.1 * i);
    const auto scaled = amplitude(*b, {q[0] / 420, q[1] / 420, q[2] / 420}) / std::pow(420.0, 3);
    EXPECT_NEAR(std::abs(amplitude(*a, q) - scaled), 0, 2e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(, EachShape,
                         testing::Values(Body{Shape::cube, 1}, Body{Shape::sphere, 1},
                                         Body{Shape::dimer, 1}, Body{Shape::rod, 1},
                                         Body{Shape::octahedron, 1},
                                         Body{Shape::transition, 1, 0.1},
                                         Body{Shape::transition, 1, 0.35},
                                         Body{Shape::transition, 1, 0.65}),
                         [](const auto& shape) {
                           return std::string(name_of(shape.param.shape)) +
                                  std::to_string(std::lround(100 * shape.param.melting));
                         });

/// The superellipsoid's transform at one q, by the nested integrals that its header defines, each
/// by 100 Gauss nodes in double precision.
double superellipsoid_definition(double p, const Vector3& q) {
  static const Quadrature rule = gauss_legendre(100);
  const double r = 1 / std::cbrt(superellipsoid_volume(p));
  // u = 1 - t^4 and v = (1 - u^p)^(1/p) keep the branch point at u = 1 away from the nodes
  const auto along = [&](double size, const std::function<double(double, double)>& f) {
    double sum = 0;
    for (std::size_t i = 0; i < rule.node.size(); ++i) {
      const double t = rule.node[i], u = 1 - t * t * t * t;
      const double v = std::pow(-std::expm1(p * std::log1p(-t * t * t * t)), 1 / p);
      sum += rule.weight[i] * 4 * t * t * t * f(size * u, size * v);
    }
    return size * sum;
  };
  return 8 * along(r, [&](double z, double s) {
           return std::cos(2 * kPi * q[2] * z) * along(s, [&](double y, double x) {
                    const double k = 2 * kPi * q[0];
                    return std::cos(2 * kPi * q[1] * y) * (k == 0 ? x : std::sin(k * x) / k);
                  });
         });
}

TEST(Superellipsoid, AgreesWithItsDefinition) {
  // As far out as the corner of the melting-gold detector: q times edge = 10.
  for (const double p : {2.0, 2.3, 4.0, 12.0, 60.0}) {
    const auto particle = make_superellipsoid(p, 1, 10.2);
    for (const double length : {0.5, 2.0, 5.0, 10.0}) {
      double error = 0, signal = 0;
      for (int i = 0; i < 40; ++i) {
        // a shell wide enough to hold more than the zeros of a ball's transform
        const Vector3 q = random_vector(i, length - 0.5 + i / 40.0);
        const double f = superellipsoid_definition(p, q);
        error += std::norm(amplitude(*particle, q) - f);
        signal += f * f;
      }
      // 1e-3 of an amplitude is 2e-3 of an intensity: the Poisson noise of a pixel of 250 000
      // photons. A pattern of a million has its brightest one far below.
      EXPECT_LT(std::sqrt(error / signal), 1e-3) << "p = " << p << ", |q| = " << length;
    }
  }
}

TEST(Superellipsoid, VolumeOfTheBallAndTheCube) {
  EXPECT_NEAR(superellipsoid_volume(2), 4 * kPi / 3, 1e-12);
  EXPECT_NEAR(superellipsoid_volume(1e9), 8, 1e-6);
}

TEST(Melting, KeepsTheVolumeThenSwells) {
  for (const double m : {0.0, 0.2, 0.5, 0.7}) {
    EXPECT_DOUBLE_EQ(volume_A3({Shape::transition, 100, m}), 1e6);
  }
  EXPECT_DOUBLE_EQ(volume_A3({Shape::transition, 100, 0.85}), 1.05e6);
  EXPECT_DOUBLE_EQ(volume_A3({Shape::transition, 100, 1}), 1.1e6);
  EXPECT_DOUBLE_EQ(volume_A3({Shape::sphere, 100}), 1.1e6);
  EXPECT_DOUBLE_EQ(volume_A3({Shape::cube, 100}), 1e6);
}

TEST(Melting, EndsAreExactlyCubeAndSphere) {
  const auto cube = make_particle({Shape::cube, 1}, 5),
             sphere = make_particle({Shape::sphere, 1}, 5);
  const auto solid = make_particle({Shape::transition, 1, 0}, 5);
  const auto molten = make_particle({Shape::transition, 1, 1}, 5);
  const auto round = make_particle({Shape::transition, 1, 0.7}, 5);
  const double swollen = std::cbrt(1.1);
  for (int i = 0; i < 20; ++i) {
    const Vector3 q = random_vector(i, 0.2 * i);
    EXPECT_EQ(amplitude(*solid, q), amplitude(*cube, q));
    EXPECT_EQ(amplitude(*molten, q), amplitude(*sphere, q));
    // from 0.7 on a ball: the sphere's transform, scaled. 1e-6: single precision
    const Vector3 wider{q[0] * swollen, q[1] * swollen, q[2] * swollen};
    EXPECT_NEAR(std::abs(amplitude(*round, wider) * 1.1 - amplitude(*sphere, q)), 0, 1e-6);
  }
}

TEST(Melting, IsContinuous) {
  // Nothing jumps where the cube's closed form or the ball's hands over to the quadrature: a step
  // of 1e-3 in melting changes F by less than 1 % of F(0) anywhere, by the sequence's mean slope.
  for (const double m : {0.0, 0.699}) {
    const auto a = make_particle({Shape::transition, 1, m}, 3);
    const auto b = make_particle({Shape::transition, 1, m + 1e-3}, 3);
    for (int i = 1; i < 20; ++i) {
      const Vector3 q = random_vector(i, 0.15 * i);
      EXPECT_NEAR(std::abs(amplitude(*a, q) - amplitude(*b, q)), 0, 2e-3);
    }
  }
}

TEST(Octahedron, HasNoBadDirections) {
  // The closed form is 0/0 for |qx| = |qy|: approaching the diagonal changes nothing.
  const auto body = make_particle({Shape::octahedron, 1}, 3);
  const auto on = amplitude(*body, {0.9, 0.9, 0.9}), off = amplitude(*body, {0.9 + 1e-6, 0.9, 0.9});
  EXPECT_NEAR(std::abs(on - off), 0, 1e-5);  // |dF/dq| < 2 pi times the radius times F(0) = 6
}

TEST(Shapes, RefuseNonsense) {
  EXPECT_THROW(make_particle({Shape::cube, 0}, 1), UserError);
  EXPECT_THROW(make_particle({Shape::sphere, -1}, 1), UserError);
  EXPECT_THROW(make_particle({Shape::transition, 1, 1.5}, 1), UserError);
  EXPECT_THROW(make_particle({Shape::rod, 1, 0, 0}, 1), UserError);
  EXPECT_THROW(make_superellipsoid(3, 1e12, 1), UserError) << "a grid beyond all memory";
  EXPECT_THROW(make_particle({Shape::octahedron, 1e9}, 1), UserError) << "slices without end";
}

TEST(FastTrig, AgreesWithTheLibrary) {
  for (int i = -4000; i <= 4000; ++i) {
    const volatile float product = static_cast<float>(i) * 0.01037f;  // rounded, not fused
    const float t = product;
    EXPECT_NEAR(sin_turns(t), std::sin(2 * kPi * double{t}), 3e-7);
    EXPECT_NEAR(cos_turns(t), std::cos(2 * kPi * double{t}), 3e-7);
  }
  EXPECT_FLOAT_EQ(sinc_turns(0), 1);
  EXPECT_NEAR(sinc_turns(1e-4f), 1, 2e-7);  // 7e-8 and the last digit of a float
}

}  // namespace
}  // namespace spi
