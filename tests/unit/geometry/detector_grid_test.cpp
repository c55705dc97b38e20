// SPDX-License-Identifier: GPL-3.0-or-later
// Detectors from numbers: scattering vectors and corrections worked out by hand.
#include "libspi/geometry/detector_grid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// D = 4 pixels; with the beam on pixel (0, 0), pixel (3, 0) has f = 5: everything is rational.
DetectorGrid small() {
  return {.columns = 4,
          .rows = 3,
          .distance = {4e-3},
          .pixel_size = {1e-3},
          .photon_energy = {12398.419843320026},  // wavelength 1 Å
          .centre = std::array{0.0, 0.0}};
}

TEST(DetectorGrid, ScatteringVectorsByHand) {
  const Detector d = make_detector(small());
  EXPECT_EQ(d.shape, (std::array<std::size_t, 2>{3, 4}));
  EXPECT_DOUBLE_EQ(*d.wavelength_A, 1);
  EXPECT_DOUBLE_EQ(*d.ewald_wavelength_A(), 1);
  EXPECT_DOUBLE_EQ(d.distance_px, 4);
  EXPECT_DOUBLE_EQ(*d.q_per_pixel(), 0.25);
  EXPECT_DOUBLE_EQ(d.sx[3], 0.6);  // row 0, column 3
  EXPECT_DOUBLE_EQ(d.sy[3], 0);
  EXPECT_DOUBLE_EQ(d.sz[3], -0.2);
  EXPECT_DOUBLE_EQ(d.sy[4], 1 / std::sqrt(17.0)) << "row 1 lies above row 0: y is up";
  for (std::size_t i = 0; i < d.pixels(); ++i) {
    const double x = d.sx[i], y = d.sy[i], z = d.sz[i] + 1;
    EXPECT_NEAR(x * x + y * y + z * z, 1, 1e-15) << "s + z lies on the unit (Ewald) sphere";
  }
}

TEST(DetectorGrid, CorrectionByHand) {
  const Detector d = make_detector(small());
  // D/f^3 (1 - cx^2/f^2): 1/16 on the axis; 4/125 (1 - 9/25) at f = 5
  EXPECT_DOUBLE_EQ(d.correction[3] / d.correction[0], 4.0 / 125 * 16 / 25 * 16);
  EXPECT_NEAR(std::reduce(d.correction.begin(), d.correction.end()) / 12, 1, 1e-15);
  EXPECT_NEAR(mean_solid_angle_sr(d) * d.correction[0], 1.0 / 16, 1e-15);
}

TEST(DetectorGrid, SolidAngleOfTheHalfSphere) {
  // Over a very wide detector, sum of D/f^3 (1 - cx^2/f^2) tends to the integral over a half sphere
  // of 1 - nx^2: 2 pi (1 - 1/3). A half width of 100 distances leaves out about 0.7 %.
  const Detector d = make_detector(
      {.columns = 400, .rows = 400, .distance = {2}, .pixel_size = {1}, .photon_energy = {6000}});
  const double total = mean_solid_angle_sr(d) * 160000;
  EXPECT_NEAR(total / (4 * std::numbers::pi / 3), 1, 0.02);
}

TEST(DetectorGrid, MiddleIsTheDefaultCentre) {
  DetectorGrid grid = small();
  grid.centre.reset();
  const Detector d = make_detector(grid);
  const auto [x, y] = d.flat_position(0);
  EXPECT_NEAR(x, -1.5, 1e-14);
  EXPECT_NEAR(y, -1, 1e-14);
}

TEST(DetectorGrid, FlatEwaldIsAPlane) {
  DetectorGrid grid = small();
  grid.flat_ewald = true;
  const Detector d = make_detector(grid);
  EXPECT_EQ(d.sz, std::vector<double>(12, 0.0));
  EXPECT_FALSE(d.ewald_wavelength_A());
  EXPECT_DOUBLE_EQ(d.sx[3], 0.75);
  const auto [x, y] = d.flat_position(7);
  EXPECT_DOUBLE_EQ(x, 3);
  EXPECT_DOUBLE_EQ(y, 1);
}

TEST(DetectorGrid, BeamStopIsBad) {
  Detector d = make_detector(small());
  add_beam_stop(d, 1.2);  // the centre and its two neighbours, not the diagonal one at 1.41
  EXPECT_EQ(std::ranges::count(d.use, PixelUse::bad), 3);
  EXPECT_EQ(d.use[5], PixelUse::good);
  EXPECT_THROW(add_beam_stop(d, 100), UserError);
}

TEST(DetectorGrid, RefusesNonsense) {
  for (const auto& spoil :
       {+[](DetectorGrid& g) { g.columns = 0; }, +[](DetectorGrid& g) { g.distance.metres = 0; },
        +[](DetectorGrid& g) { g.pixel_size.metres = -1; },
        +[](DetectorGrid& g) { g.photon_energy.electronvolts = 0; }}) {
    DetectorGrid grid = small();
    spoil(grid);
    EXPECT_THROW(make_detector(grid), UserError);
  }
}

}  // namespace
}  // namespace spi
