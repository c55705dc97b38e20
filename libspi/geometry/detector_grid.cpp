// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/geometry/detector_grid.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// Solid angle of a pixel (1 px wide) at distance `d` times its polarisation factor.
double solid_angle(double cx, double cy, double d) {
  const double f2 = cx * cx + cy * cy + d * d;
  return d / (f2 * std::sqrt(f2)) * (1 - cx * cx / f2);
}

void check(const DetectorGrid& grid) {
  if (grid.columns == 0 || grid.rows == 0) fail("a detector of no pixels");
  if (!(grid.distance.metres > 0)) fail("the detector distance must be positive");
  if (!(grid.pixel_size.metres > 0)) fail("the pixel size must be positive");
  if (!(grid.photon_energy.electronvolts > 0)) fail("the photon energy must be positive");
}

}  // namespace

Detector make_detector(const DetectorGrid& grid) {
  check(grid);
  const double d = grid.distance.metres / grid.pixel_size.metres;
  const auto centre = grid.centre.value_or(std::array{(static_cast<double>(grid.columns) - 1) / 2,
                                                      (static_cast<double>(grid.rows) - 1) / 2});
  Detector detector;
  detector.distance_px = detector.ewald_radius_voxels = d;
  detector.wavelength_A = grid.photon_energy.wavelength_angstroms();
  detector.pixel_size_m = grid.pixel_size.metres;
  detector.shape = {grid.rows, grid.columns};
  for (std::size_t row = 0; row < grid.rows; ++row) {
    for (std::size_t column = 0; column < grid.columns; ++column) {
      const double cx = static_cast<double>(column) - centre[0];
      const double cy = static_cast<double>(row) - centre[1];
      const double r2 = cx * cx + cy * cy;
      const double f = grid.flat_ewald ? d : std::sqrt(r2 + d * d);
      detector.sx.push_back(cx / f);
      detector.sy.push_back(cy / f);
      // d/f - 1 without the cancellation
      detector.sz.push_back(grid.flat_ewald ? 0 : -r2 / (f * (d + f)));
      detector.correction.push_back(solid_angle(cx, cy, d));
    }
  }
  detector.use.assign(detector.pixels(), PixelUse::good);
  const double mean = std::reduce(detector.correction.begin(), detector.correction.end()) /
                      static_cast<double>(detector.pixels());
  for (double& value : detector.correction) value /= mean;
  return detector;
}

double mean_solid_angle_sr(const Detector& detector) {
  double sum = 0;
  for (std::size_t i = 0; i < detector.pixels(); ++i) {
    const auto [x, y] = detector.flat_position(i);
    sum += solid_angle(x, y, detector.distance_px);
  }
  return sum / static_cast<double>(detector.pixels());
}

void add_beam_stop(Detector& detector, double radius_px) {
  for (std::size_t i = 0; i < detector.pixels(); ++i) {
    const auto [x, y] = detector.flat_position(i);
    if (std::hypot(x, y) < radius_px) detector.use[i] = PixelUse::bad;
  }
  if (std::ranges::count(detector.use, PixelUse::good) == 0)
    fail("the beam stop (", radius_px, " pixels) leaves no good pixel");
}

}  // namespace spi
