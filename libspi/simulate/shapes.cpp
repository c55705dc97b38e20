// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>  // for j1, which <cmath> does not promise

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/simulate/fast_trig.h"
#include "libspi/simulate/particle.h"
#include "libspi/simulate/quadrature.h"
#include "libspi/simulate/superellipsoid.h"

namespace spi {
namespace {

using Reals = std::span<const float>;
using Amplitudes = std::span<std::complex<float>>;
constexpr double kPi = std::numbers::pi, kMoltenSwelling = 1.1, kRoundAt = 0.7;

/// 3 (sin x - x cos x) / x^3, 1 at 0.
float ball_form(double x) {
  const double y = x * x;
  if (y < 0.01) return static_cast<float>(1 - y / 10 + y * y / 280);  // the next term is 7e-11
  return static_cast<float>(3 * (std::sin(x) - x * std::cos(x)) / (x * y));
}

double ball_radius(double volume) { return std::cbrt(3 * volume / (4 * kPi)); }

class Cube final : public Particle {
 public:
  explicit Cube(double edge) : edge_(static_cast<float>(edge)) {}
  void amplitude(Reals qx, Reals qy, Reals qz, Amplitudes f) const override {
    const float half = edge_ / 2, volume = edge_ * edge_ * edge_;
    for (std::size_t i = 0; i < f.size(); ++i)
      f[i] =
          volume * sinc_turns(half * qx[i]) * sinc_turns(half * qy[i]) * sinc_turns(half * qz[i]);
  }

 private:
  float edge_;
};

class Ball final : public Particle {
 public:
  explicit Ball(double volume)
      : volume_(static_cast<float>(volume)), radius_(ball_radius(volume)) {}
  void amplitude(Reals qx, Reals qy, Reals qz, Amplitudes f) const override {
    const double scale = 2 * kPi * radius_;
    for (std::size_t i = 0; i < f.size(); ++i)
      f[i] = volume_ * ball_form(scale * std::sqrt(qx[i] * qx[i] + qy[i] * qy[i] + qz[i] * qz[i]));
  }

 private:
  float volume_;
  double radius_;
};

/// Two balls at z = +- their radius.
class Dimer final : public Particle {
 public:
  explicit Dimer(double volume)
      : ball_(volume / 2), radius_(static_cast<float>(ball_radius(volume / 2))) {}
  void amplitude(Reals qx, Reals qy, Reals qz, Amplitudes f) const override {
    ball_.amplitude(qx, qy, qz, f);
    for (std::size_t i = 0; i < f.size(); ++i) f[i] *= 2 * cos_turns(radius_ * qz[i]);
  }

 private:
  Ball ball_;
  float radius_;
};

/// A cylinder along z: F = V sin(x)/x 2 J1(y)/y with x = pi qz L, y = pi q_perp D.
class Rod final : public Particle {
 public:
  Rod(double volume, double aspect)
      : volume_(static_cast<float>(volume)), diameter_(std::cbrt(4 * volume / (kPi * aspect))) {
    half_length_ = static_cast<float>(diameter_ * aspect / 2);
  }
  void amplitude(Reals qx, Reals qy, Reals qz, Amplitudes f) const override {
    for (std::size_t i = 0; i < f.size(); ++i) {
      const double y = std::max(1e-6, kPi * diameter_ * std::hypot(qx[i], qy[i]));
      f[i] = volume_ * sinc_turns(half_length_ * qz[i]) * static_cast<float>(2 * ::j1(y) / y);
    }
  }

 private:
  float volume_, half_length_ = 0;
  double diameter_;
};

/// |x| + |y| + |z| <= a. The slice at height z is a square of half diagonal t = a - |z|, so
///   F = 4 int_0^a t^2 cos(2 pi qz (a - t)) sinc(t (qx + qy)) sinc(t (qx - qy)) dt,
/// sinc(u) = sin(pi u)/(pi u). The known closed form divides by (qx^2 - qy^2)(qy^2 - qz^2): Gauss's
/// rule for this integral is as exact and has no bad directions.
class Octahedron final : public Particle {
 public:
  Octahedron(double volume, double q_max) : a_(std::cbrt(0.75 * volume)) {
    constexpr double kMostNodes = 2000;         // seconds a particle
    const double phase = 4 * kPi * a_ * q_max;  // at most 2 pi a (|qx| + |qy| or so + |qz|)
    if (phase / 4 > kMostNodes)
      fail("a pattern of ", std::lround(2 * a_ * q_max),
           " fringes is too fine for an octahedron of ", std::cbrt(volume) / 10,
           " nm: it would need ", std::lround(phase / 4), " slices");
    rule_ = gauss_legendre(static_cast<int>(phase / 4) + 12);
  }
  void amplitude(Reals qx, Reals qy, Reals qz, Amplitudes f) const override {
    std::ranges::fill(f, 0.0f);
    for (std::size_t node = 0; node < rule_.node.size(); ++node) {
      const double depth = a_ * rule_.node[node];
      const auto t = static_cast<float>(depth), height = static_cast<float>(a_ - depth);
      const auto weight = static_cast<float>(4 * a_ * rule_.weight[node] * depth * depth);
      add_slice(qx, qy, qz, t, height, weight, f);
    }
  }

 private:
  static void add_slice(Reals qx, Reals qy, Reals qz, float t, float height, float weight,
                        Amplitudes f) {
    for (std::size_t i = 0; i < f.size(); ++i)
      f[i] += weight * cos_turns(height * qz[i]) * sinc_turns(t / 2 * (qx[i] + qy[i])) *
              sinc_turns(t / 2 * (qx[i] - qy[i]));
  }

  double a_;
  Quadrature rule_;
};

void check(const Body& body) {
  if (!(body.edge_A > 0) || !std::isfinite(body.edge_A))
    fail("the edge of a ", name_of(body.shape), " must be positive, not ", body.edge_A, " Å");
  if (body.shape == Shape::transition && !(body.melting >= 0 && body.melting <= 1))
    fail("a melting parameter lies between 0 and 1, not at ", body.melting);
  if (body.shape == Shape::rod && !(body.rod_aspect > 0))
    fail("a rod's length over its diameter must be positive, not ", body.rod_aspect);
}

}  // namespace

Melting melting_stage(double melting) {
  if (melting < kRoundAt) return {melting / kRoundAt, 1};
  return {1, 1 + (kMoltenSwelling - 1) * (melting - kRoundAt) / (1 - kRoundAt)};
}

double volume_A3(const Body& body) {
  const double solid = body.edge_A * body.edge_A * body.edge_A;
  if (body.shape == Shape::sphere) return kMoltenSwelling * solid;
  if (body.shape == Shape::transition) return melting_stage(body.melting).swelling * solid;
  return solid;
}

double outer_radius_A(const Body& body) {
  const double volume = volume_A3(body);
  switch (body.shape) {
    case Shape::cube:
      return body.edge_A * std::sqrt(0.75);
    case Shape::sphere:
      return ball_radius(volume);
    case Shape::dimer:
      return 2 * ball_radius(volume / 2);
    case Shape::octahedron:
      return std::cbrt(0.75 * volume);
    case Shape::rod: {
      const double diameter = std::cbrt(4 * volume / (kPi * body.rod_aspect));
      return diameter / 2 * std::hypot(1.0, body.rod_aspect);
    }
    case Shape::transition:
      break;
  }
  const double roundness = melting_stage(body.melting).roundness;  // 2/p
  if (roundness == 0) return body.edge_A * std::sqrt(0.75);
  const double half_width = std::cbrt(volume / superellipsoid_volume(2 / roundness));
  return half_width * std::pow(3.0, 0.5 - roundness / 2);  // a corner: x = y = z = r 3^(-1/p)
}

std::unique_ptr<Particle> make_particle(const Body& body, double q_max) {
  check(body);
  const double volume = volume_A3(body);
  switch (body.shape) {
    case Shape::cube:
      return std::make_unique<Cube>(body.edge_A);
    case Shape::sphere:
      return std::make_unique<Ball>(volume);
    case Shape::dimer:
      return std::make_unique<Dimer>(volume);
    case Shape::rod:
      return std::make_unique<Rod>(volume, body.rod_aspect);
    case Shape::octahedron:
      return std::make_unique<Octahedron>(volume, q_max);
    case Shape::transition:
      break;
  }
  const double roundness = melting_stage(body.melting).roundness;
  if (roundness == 0) return std::make_unique<Cube>(body.edge_A);
  if (roundness == 1) return std::make_unique<Ball>(volume);
  return make_superellipsoid(2 / roundness, volume, q_max);
}

}  // namespace spi
