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

/// Band limits on the rings make sums slightly negative where there is next to nothing.
float floored_rate(double photons, double exposure, double floor) {
  return float((std::max(photons, 0.) + floor) / (std::max(exposure, 0.) + floor));
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

std::unique_ptr<VolumeEmc::Sums> VolumeEmc::joined(std::vector<std::unique_ptr<Sums>> sums) const {
  for (std::size_t w = 1; w < sums.size(); ++w)
    for (std::size_t half = 0; half < 2; ++half) (*sums[0])[half].add((*sums[w])[half]);
  for (VoxelSums& half : *sums[0]) half.sum_over(setting_.store.team());
  return std::move(sums[0]);
}

std::array<Cube, 2> VolumeEmc::rates(const HalfSums& sums) const {
  constexpr float kUnseen = std::numeric_limits<float>::quiet_NaN();
  std::array<Cube, 2> rate{Cube(setting_.size), Cube(setting_.size)};
  for (std::size_t half = 0; half < 2; ++half)
    for (std::size_t v = 0; v < rate[half].values.size(); ++v) {
      const double seen = sums.exposure[half][v];
      rate[half].values[v] =
          seen > 0 ? floored_rate(sums.photons[half][v], seen, options_.floor) : kUnseen;
    }
  return rate;
}

std::vector<double> VolumeEmc::correlate_halves(const HalfSums& sums) const {
  const std::array<Cube, 2> half = rates(sums);
  return shell_correlation(half[0].values, half[1].values, setting_.size, ShellMean::removed);
}

void VolumeEmc::update_model(const Sums& from, std::optional<double> given) {
  const std::size_t n = setting_.size, voxels = n * n * n;
  HalfSums sums;
  for (std::size_t half = 0; half < 2; ++half) {
    for (std::size_t v = 0; v < voxels; ++v) {
      sums.photons[half].push_back(from[half].numerator(v));
      sums.exposure[half].push_back(from[half].exposure(v));
    }
    symmetrise(sums.photons[half], n, group(), threads_);
    symmetrise(sums.exposure[half], n, group(), threads_);
  }
  state_.fsc = correlate_halves(sums);
  // While annealing, the temperature smooths enough.
  const bool anneals = (given ? *given : mean_beta()) < 1;
  const auto radius = anneals ? std::nullopt : limit_.find(sums, state_.fsc, threads_);
  if (radius) {
    limit_.apply(sums, *radius, threads_);
    state_.fsc = correlate_halves(sums);
  }
  double expected = 0, flat = 0;
  for (std::size_t v = 0; v < voxels; ++v) {
    for (std::size_t half = 0; half < 2; ++half)
      state_.half[half].values[v] =
          floored_rate(sums.photons[half][v], sums.exposure[half][v], options_.floor);
    const double seen = std::max(sums.exposure[0][v] + sums.exposure[1][v], 0.);
    const float value = floored_rate(sums.photons[0][v] + sums.photons[1][v], seen, options_.floor);
    state_.model.values[v] = value;
    state_.exposure[v] = float(seen);
    expected += seen * double(value), flat += seen;
  }
  // The overall scale is the fluences': it is fixed at the mean pattern's.
  const auto scale = float(flat / expected);
  for (Cube* cube : {&state_.model, &state_.half[0], &state_.half[1]})
    for (float& value : cube->values) value *= scale;
}

}  // namespace spi
