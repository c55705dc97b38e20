// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/detector_figure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/geometry/detector_grid.h"
#include "tests/unit/plot/bitmap.h"

namespace spi {
namespace {

/// A rectangle at a distance of 1000 pixels.
Detector rectangle(std::size_t columns, std::size_t rows) {
  return make_detector({.columns = columns,
                        .rows = rows,
                        .distance = Length{0.1},
                        .pixel_size = Length{1e-4},
                        .photon_energy = Energy{6000}});
}

/// Flat pixels at the given positions, all good and alike.
Detector pixels_at(const std::vector<std::array<double, 2>>& places) {
  Detector detector;
  detector.distance_px = detector.ewald_radius_voxels = 1000;
  for (const auto& [x, y] : places) {
    const double f = std::hypot(x, y, detector.distance_px);
    detector.sx.push_back(x / f);
    detector.sy.push_back(y / f);
    detector.sz.push_back(detector.distance_px / f - 1);
  }
  detector.correction.assign(places.size(), 1);
  detector.use.assign(places.size(), PixelUse::good);
  detector.shape = {1, places.size()};
  return detector;
}

constexpr double kGood = 0, kBad = 2;

TEST(DetectorMap, ShowsOnePixelPerCellWithRowZeroLowest) {
  Detector detector = rectangle(3, 2);
  detector.use[3 + 2] = PixelUse::bad;  // row 1, column 2
  const DetectorMap map = map_detector(detector, 100);
  ASSERT_EQ(map.rows, 2u);
  ASSERT_EQ(map.columns, 3u);
  EXPECT_EQ(map.cell_px, 1);
  EXPECT_EQ(map.use, (std::vector<double>{0, 0, 0, 0, 0, kBad}));
  EXPECT_NEAR(map.x.lo, -1.5, 1e-9);
  EXPECT_NEAR(map.y.hi, 1, 1e-9);
}

TEST(DetectorMap, BinsToTheWorstUseAndTheMeanCorrection) {
  Detector detector = rectangle(100, 60);
  detector.use[10 * 100 + 21] = PixelUse::bad;
  const DetectorMap map = map_detector(detector, 50);
  ASSERT_EQ(map.cell_px, 2);
  ASSERT_EQ(map.rows, 30u);
  ASSERT_EQ(map.columns, 50u);
  for (std::size_t k = 0; k < map.use.size(); ++k)
    EXPECT_EQ(map.use[k], k == 5 * 50 + 10 ? kBad : kGood) << k;
  const auto at = [&](std::size_t row, std::size_t column) {
    return detector.correction[row * 100 + column];
  };
  EXPECT_DOUBLE_EQ(map.correction[0], (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4);
}

TEST(DetectorMap, LeavesGapsAndElementsOfNoPanelEmpty) {
  Detector detector = pixels_at({{-5, 0}, {-4, 0}, {4, 0}, {0, 0}});
  detector.correction[3] = 0;  // in no panel: at the beam, sees nothing
  const DetectorMap map = map_detector(detector, 100);
  ASSERT_EQ(map.rows, 1u);
  ASSERT_EQ(map.columns, 10u);
  for (std::size_t c = 0; c < 10; ++c)
    EXPECT_EQ(std::isnan(map.use[c]), c != 0 && c != 1 && c != 9) << c;
}

TEST(DetectorMap, ATurnedPanelHasNoHoles) {
  std::vector<std::array<double, 2>> places;
  const double c = std::cos(0.4), s = std::sin(0.4);
  for (int i = -20; i <= 20; ++i)
    for (int j = -20; j <= 20; ++j) places.push_back({c * i - s * j, s * i + c * j});
  const DetectorMap map = map_detector(pixels_at(places), 100);
  for (std::size_t row = 0; row < map.rows; ++row)
    for (std::size_t column = 0; column < map.columns; ++column) {
      const double x = map.x.lo + 0.5 + double(column), y = map.y.lo + 0.5 + double(row);
      if (std::hypot(x, y) > 20) continue;
      EXPECT_EQ(map.use[row * map.columns + column], kGood) << x << ", " << y;
    }
}

TEST(DetectorMap, RefusesADetectorWithoutPixels) {
  Detector detector = pixels_at({{0, 0}});
  detector.correction[0] = 0;
  EXPECT_THROW(map_detector(detector, 100), UserError);
}

TEST(QRings, LieWhereQIsWhatTheirLabelsSay) {
  const Detector detector = rectangle(201, 201);
  const auto rings = q_rings(detector);
  ASSERT_GE(rings.size(), 3u);
  for (const QRing& ring : rings) {
    const double theta = std::atan(ring.radius_px / detector.distance_px) / 2;
    EXPECT_NEAR(2 * std::sin(theta) / *detector.wavelength_A, std::stod(ring.label), 1e-12);
  }
  const double corner = 100 * std::numbers::sqrt2;
  EXPECT_LT(rings.back().radius_px, corner);
  EXPECT_GT(rings.back().radius_px, corner / 2);
}

TEST(QRings, AreOfPixelsWithoutAWavelengthAndEndAtBadOnes) {
  Detector detector = rectangle(201, 201);
  detector.wavelength_A.reset();
  for (std::size_t i = 0; i < detector.pixels(); ++i) {
    const auto [x, y] = detector.flat_position(i);
    if (std::hypot(x, y) > 50.5) detector.use[i] = PixelUse::bad;
  }
  const auto rings = q_rings(detector);
  ASSERT_FALSE(rings.empty());
  for (const QRing& ring : rings) EXPECT_EQ(ring.radius_px, std::stod(ring.label));
  EXPECT_LE(rings.back().radius_px, 50.5);
}

TEST(DetectorFigure, HasYUpAndXToTheRight) {
  Detector detector = rectangle(60, 60);
  for (std::size_t row = 40; row < 60; ++row)
    for (std::size_t column = 0; column < 20; ++column)
      detector.use[row * 60 + column] = PixelUse::bad;  // upper left
  const auto picture = plot::rendered(detector_figure(detector, "a corner"));
  const auto bad = plot::packed(plot::color_at(plot::ColorMap::viridis, 0.1));
  int upper_left = 0, elsewhere = 0;
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width / 3; ++x)  // the first panel, without its legend
      if (picture.at(x, y) == bad)
        ++(x < picture.width / 5 && y < picture.height / 2 ? upper_left : elsewhere);
  EXPECT_GT(upper_left, 10000);  // about a ninth of a panel of 750 x 750 points
  EXPECT_EQ(elsewhere, 0);
}

}  // namespace
}  // namespace spi
