// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/measure/density_size.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/parallel.h"
#include "libspi/volume/fourier.h"
#include "libspi/volume/spline_volume.h"

namespace spi {
namespace {

constexpr int kParts = 3;           // cells of a voxel, along each axis
constexpr std::size_t kFiner = 2;   // voxels for one, along each axis
constexpr std::size_t kBorder = 3;  // voxels around the body

/// How far from the centre, along any axis, the density rises above the level, in voxels.
std::size_t extent_above(const Volume& v, double level) {
  const std::size_t centre = v.nx / 2;
  std::size_t extent = 0;
  for (std::size_t i = 0; i < v.values.size(); ++i) {
    if (v.values[i] <= level) continue;
    for (const std::size_t at : {i % v.nx, i / v.nx % v.nx, i / (v.nx * v.nx)})
      extent = std::max(extent, at > centre ? at - centre : centre - at);
  }
  return extent;
}

/// What rises above the level, between its voxels too: phased densities hold frequencies up to the
/// edge of their grid, between whose voxels no spline finds the surface.
Volume finer(const Volume& v, double level, int threads) {
  const std::size_t reach = std::min(extent_above(v, level) + kBorder, v.nx / 2);
  const std::size_t n = 2 * kFiner * reach + 1;
  return {n, n, n, resampled(v.values, v.nx, n, 1. / kFiner, threads), v.voxel_size_A / kFiner};
}

/// Of all 27 voxels around one (fewer at the border): 1 all above, 0 none, -1 some.
int neighbourhood(const Volume& v, std::size_t x, std::size_t y, std::size_t z, double level) {
  bool above = false, below = false;
  const auto range = [](std::size_t i, std::size_t n) {
    return std::pair(i > 0 ? i - 1 : 0, std::min(i + 1, n - 1));
  };
  const auto [z0, z1] = range(z, v.nz);
  const auto [y0, y1] = range(y, v.ny);
  const auto [x0, x1] = range(x, v.nx);
  for (std::size_t k = z0; k <= z1; ++k)
    for (std::size_t j = y0; j <= y1; ++j)
      for (std::size_t i = x0; i <= x1; ++i)
        (v.values[(k * v.ny + j) * v.nx + i] > level ? above : below) = true;
  return above && below ? -1 : above;
}

/// The part of a voxel above the level: in each of its cells of edge h the density is taken as
/// linear, and the cell as cut by a plane whose part is exact where it lies along an axis.
double part_above(const SplineVolume& spline, const Vector3& centre, double level) {
  const auto offset = [](int part) { return (part + 0.5) / kParts - 0.5; };
  double above = 0;
  for (int k = 0; k < kParts; ++k)
    for (int j = 0; j < kParts; ++j)
      for (int i = 0; i < kParts; ++i) {
        const Vector3 p{centre[0] + offset(i), centre[1] + offset(j), centre[2] + offset(k)};
        if (!spline.contains(p)) continue;
        const auto [v, gx, gy, gz] = spline.with_gradient(p);
        const double range = (std::abs(gx) + std::abs(gy) + std::abs(gz)) / kParts;
        above += range > 0 ? std::clamp(0.5 + (v - level) / range, 0.0, 1.0) : v > level;
      }
  return above / double(kParts * kParts * kParts);
}

double voxels_above(const Volume& v, const SplineVolume& spline, double level, int threads) {
  std::vector<double> planes(v.nz);
  const auto centre = double(v.nx / 2);
  parallel_for(v.nz, threads, [&](std::size_t z, int) {
    for (std::size_t y = 0; y < v.ny; ++y)
      for (std::size_t x = 0; x < v.nx; ++x) {
        const int around = neighbourhood(v, x, y, z, level);
        planes[z] +=
            around >= 0
                ? around
                : part_above(spline, {double(x) - centre, double(y) - centre, double(z) - centre},
                             level);
      }
  });
  double sum = 0;
  for (const double p : planes) sum += p;
  return sum;
}

}  // namespace

double half_level(const Volume& v) {
  double mass = 0, square = 0;
  for (const float x : v.values) {
    mass += x;
    square += double(x) * x;
  }
  double level = square / mass / 2;
  for (int round = 0; round < 20; ++round) {
    std::vector<float> inside;
    std::ranges::copy_if(v.values, std::back_inserter(inside), [&](float x) { return x > level; });
    if (inside.empty()) break;
    const auto middle = inside.begin() + std::ptrdiff_t(inside.size() / 2);
    std::nth_element(inside.begin(), middle, inside.end());
    const double next = *middle / 2;
    if (std::abs(next / level - 1) < 1e-6) break;
    level = next;
  }
  return level;
}

void DensitySizeOptions::describe(OptionSet& options) {
  options
      .add("mass-fraction", mass_fraction,
           "part of the total mass that a voxel must hold to count, for the second volume")
      .range(0, 1);
}

DensitySize density_size(const Volume& density, const DensitySizeOptions& options, int threads) {
  check_options(options);
  if (density.nx != density.ny || density.ny != density.nz)
    fail("a density of ", density.nz, " x ", density.ny, " x ", density.nx,
         " voxels is no cube: pad it first");
  DensitySize size;
  for (const float v : density.values) size.mass += v;
  if (!(size.mass > 0)) fail("the density has no mass: its sum is ", size.mass);
  const double mass_level = options.mass_fraction * size.mass;
  const Volume fine = finer(density, std::min(mass_level, half_level(density)) / 2, threads);
  const SplineVolume spline(fine.values, fine.nx, threads);
  const double voxel = std::pow(fine.voxel_size_A, 3);
  size.half_level = half_level(fine);
  size.volume_A3 = voxel * voxels_above(fine, spline, size.half_level, threads);
  size.mass_volume_A3 = voxel * voxels_above(fine, spline, mass_level, threads);
  size.edge_A = std::cbrt(size.volume_A3);
  size.diameter_A = std::cbrt(6 * size.volume_A3 / std::numbers::pi);
  return size;
}

}  // namespace spi
