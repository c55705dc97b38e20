// SPDX-License-Identifier: GPL-3.0-or-later
// Patterns: the symmetries of the physics.
#include "libspi/simulate/diffraction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/geometry/detector_grid.h"

namespace spi {
namespace {

constexpr double kPi = std::numbers::pi;

DetectorGrid grid() {
  return {.columns = 41,
          .rows = 41,
          .distance = {0.705},
          .pixel_size = {1.2e-3},
          .photon_energy = {6000}};
}

/// Atoms of equal weight: a particle without any symmetry, and the definition of F.
class Points final : public Particle {
 public:
  explicit Points(std::vector<Vector3> points) : points_(std::move(points)) {}
  void amplitude(std::span<const float> qx, std::span<const float> qy, std::span<const float> qz,
                 std::span<std::complex<float>> f) const override {
    for (std::size_t i = 0; i < f.size(); ++i) {
      std::complex<double> sum;
      for (const auto& [x, y, z] : points_)
        sum += std::polar(1.0, -2 * kPi * (qx[i] * x + qy[i] * y + qz[i] * z));
      f[i] = std::complex<float>(sum);
    }
  }

 private:
  std::vector<Vector3> points_;
};

std::vector<Vector3> some_points() {
  return {{10, 20, -30}, {-100, 5, 60}, {40, -80, 10}, {70, 70, 70}};
}

Quaternion some_rotation(std::uint64_t id) {
  Random random(3, 0, id);
  return random_rotation(random);
}

std::vector<float> pattern(const Diffraction& d, const Particle& p, const Quaternion& q) {
  std::vector<float> out(d.pixels());
  d.pattern(p, q, out);
  return out;
}

TEST(Diffraction, RotatingParticleAndSliceTogetherChangesNothing) {
  // The model turned by g, seen with R, is the model seen with g^-1 R.
  const Diffraction d(make_detector(grid()));
  const Quaternion g = some_rotation(1), r = some_rotation(2);
  std::vector<Vector3> turned;
  for (const Vector3& v : some_points()) turned.push_back(rotate(g, v));
  const auto a = pattern(d, Points(turned), r);
  const auto b = pattern(d, Points(some_points()), conjugate(g) * r);
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(a[i], b[i],
                2e-4);  // F <= 4, phases up to 30 rad in single precision: 30 * 6e-8 * 4^2
}

TEST(Diffraction, RollAboutTheBeamTurnsThePattern) {
  // model_from_lab = R then a quarter turn of the lab about z: pixel (x, y) sees what (-y, x) saw.
  DetectorGrid square = grid();
  Detector detector = make_detector(square);
  std::ranges::fill(detector.correction, 1.0);  // the polarisation does not turn with the particle
  const Diffraction d(detector);
  const Quaternion r = some_rotation(4), roll = from_axis_angle({0, 0, 1}, kPi / 2);
  const auto a = pattern(d, Points(some_points()), r * roll),
             b = pattern(d, Points(some_points()), r);
  for (std::size_t y = 0; y < 41; ++y)
    for (std::size_t x = 0; x < 41; ++x) EXPECT_NEAR(a[y * 41 + x], b[x * 41 + (40 - y)], 2e-4);
}

TEST(Diffraction, FlatSlicesObeyFriedel) {
  DetectorGrid flat = grid();
  flat.flat_ewald = true;
  const Diffraction d(make_detector(flat)), curved(make_detector(grid()));
  const auto a = pattern(d, Points(some_points()), some_rotation(5));
  const auto b = pattern(curved, Points(some_points()), some_rotation(5));
  double asymmetry = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i], a[a.size() - 1 - i], 2e-4);  // as above
    asymmetry = std::max(asymmetry, std::abs(double{b[i]} - b[a.size() - 1 - i]));
  }
  EXPECT_GT(asymmetry, 0.01) << "a curved slice of an asymmetric particle does not";
}

TEST(Diffraction, BadPixelsAreDark) {
  Detector detector = make_detector(grid());
  const Points points(some_points());
  std::vector<float> out(detector.pixels());
  const double open = Diffraction(detector).pattern(points, {}, out);
  add_beam_stop(detector, 3.2);
  const double stopped = Diffraction(detector).pattern(points, {}, out);
  EXPECT_EQ(out[20 * 41 + 20], 0);
  EXPECT_GT(out[20 * 41 + 24], 0);
  EXPECT_LT(stopped, open);
}

TEST(Diffraction, KnowsItsLargestQ) {
  const Diffraction d(make_detector(grid()));
  // corner at (20, 20) px of 1.2 mm: scattering angle a, q = 2 sin(a/2)/wavelength
  const double a = std::atan(std::hypot(20, 20) * 1.2e-3 / 0.705);
  EXPECT_NEAR(d.q_max(), 2 * std::sin(a / 2) / Energy{6000}.wavelength_angstroms(),
              2e-6 * d.q_max());  // it rounds up by 1e-6
  Detector blind = make_detector(grid());
  blind.wavelength_A.reset();
  EXPECT_THROW(Diffraction{blind}, UserError);
}

}  // namespace
}  // namespace spi
