// SPDX-License-Identifier: GPL-3.0-or-later
// From sums over voxels to the next model.
#include <algorithm>
#include <cmath>
#include <limits>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/emc/volume_emc.h"
#include "libspi/volume/fsc.h"

namespace spi {
namespace {

/// Trilinear; 0 outside.
double lookup(const std::vector<double>& cube, std::size_t n, const Vector3& at) {
  const double limit = double(n) - 1;
  for (const double x : at)
    if (!(x >= 0 && x <= limit)) return 0;
  std::size_t low[3];
  double fraction[3];
  for (int k = 0; k < 3; ++k) {
    low[k] = std::min(std::size_t(at[std::size_t(k)]), n - 2);
    fraction[k] = at[std::size_t(k)] - double(low[k]);
  }
  double sum = 0;
  for (int c = 0; c < 8; ++c) {
    const std::size_t i = low[0] + (c & 1), j = low[1] + (c >> 1 & 1), k = low[2] + (c >> 2 & 1);
    const double weight = (c & 1 ? fraction[0] : 1 - fraction[0]) *
                          (c & 2 ? fraction[1] : 1 - fraction[1]) *
                          (c & 4 ? fraction[2] : 1 - fraction[2]);
    if (weight > 0) sum += weight * cube[(k * n + j) * n + i];
  }
  return sum;
}

}  // namespace

void symmetrise(std::vector<double>& cube, std::size_t n, const PointGroup& laue, int threads) {
  // Friedel's pairs first, exact: then one operation of each pair is enough.
  const std::size_t voxels = n * n * n;
  for (std::size_t v = 0; v < voxels / 2; ++v)
    cube[v] = cube[voxels - 1 - v] = (cube[v] + cube[voxels - 1 - v]) / 2;
  if (laue.rotations.size() == 1) return;
  const std::vector<double> from = cube;
  const double centre = double(n / 2);
  parallel_for(n, threads, [&](std::size_t k, int) {
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = 0; i < n; ++i) {
        const Vector3 p{double(i) - centre, double(j) - centre, double(k) - centre};
        double sum = 0;
        for (const Quaternion& rotation : laue.rotations) {
          Vector3 image = rotate(rotation, p);
          for (double& x : image) {
            x += centre;
            if (std::abs(x - std::round(x)) < 1e-9) x = std::round(x);
          }
          sum += lookup(from, n, image);
        }
        cube[(k * n + j) * n + i] = sum / double(laue.rotations.size());
      }
  });
}

std::unique_ptr<VolumeEmc::Sums> VolumeEmc::joined(std::vector<std::unique_ptr<Sums>> sums) {
  for (std::size_t w = 1; w < sums.size(); ++w)
    for (std::size_t half = 0; half < 2; ++half) (*sums[0])[half].add((*sums[w])[half]);
  return std::move(sums[0]);
}

void VolumeEmc::update_model(const Sums& sums) {
  const std::size_t n = setting_.size, voxels = n * n * n;
  std::vector<double> photons[2], exposure[2];
  for (std::size_t half = 0; half < 2; ++half) {
    const VoxelSums& from = sums[half];
    for (std::size_t v = 0; v < voxels; ++v) {
      photons[half].push_back(from.numerator(v));
      exposure[half].push_back(from.exposure(v));
    }
    symmetrise(photons[half], n, setting_.laue, threads_);
    symmetrise(exposure[half], n, setting_.laue, threads_);
  }
  // Band limits on the rings make sums slightly negative where there is next to nothing.
  const auto rate = [&](double number, double seen) {
    return (std::max(number, 0.) + options_.floor) / (std::max(seen, 0.) + options_.floor);
  };
  std::array<Cube, 2> measured{Cube(n), Cube(n)};  // NaN where nothing was seen
  double expected = 0, flat = 0;
  for (std::size_t v = 0; v < voxels; ++v) {
    for (std::size_t half = 0; half < 2; ++half) {
      const double seen = exposure[half][v];
      state_.half[half].values[v] = float(rate(photons[half][v], seen));
      measured[half].values[v] =
          seen > 0 ? state_.half[half].values[v] : std::numeric_limits<float>::quiet_NaN();
    }
    const double seen = std::max(exposure[0][v] + exposure[1][v], 0.);
    const double value = rate(photons[0][v] + photons[1][v], seen);
    state_.model.values[v] = float(value);
    state_.exposure[v] = float(seen);
    expected += seen * value, flat += seen;
  }
  // The overall scale is the fluences': it is fixed at the mean pattern's.
  const auto scale = float(flat / expected);
  for (Cube* cube : {&state_.model, &state_.half[0], &state_.half[1]})
    for (float& value : cube->values) value *= scale;
  state_.fsc = shell_correlation(measured[0].values, measured[1].values, n, ShellMean::removed);
}

}  // namespace spi
