// SPDX-License-Identifier: GPL-3.0-or-later
// The truth in three dimensions: intensities and densities of the particles on a grid.
#pragma once

#include <functional>

#include "libspi/base/monitor.h"
#include "libspi/io/volume_file.h"
#include "libspi/simulate/options.h"
#include "libspi/simulate/simulator.h"

namespace spi {

/// One particle at rest in its own frame, on n^3 voxels.
struct TrueVolume {
  ShotTruth truth;   ///< orientation 1, fluence 1; expected: the sum of the noise-free intensity
  Volume intensity;  ///< |F|^2 at q = (voxel - n/2) q_per_voxel, corners included
  Volume density;    ///< band-limited to these q: of a body about 1 inside, else electrons per Å^3
};

/// Intensities on a cube with the detector's pixels a side and its q per pixel; the voxels of the
/// densities are 1/(n q). Nothing of what the volumes show is random: kinds follow each other as in
/// the mixture, all have the size `edge`, and the transitions' melting runs in even steps from one
/// end of its range to the other. With `photons` each intensity sums to so many, and is a Poisson
/// draw of that unless noise_free; else it is |F|^2 in Å^6 or electrons^2.
class VolumeSimulator {
 public:
  /// `options` resolved.
  VolumeSimulator(const SimulateOptions& options, std::uint64_t seed, int threads);

  const Population& population() const { return population_; }
  std::size_t side() const { return n_; }
  std::size_t count() const { return shots_.size(); }
  TrueVolume volume(std::size_t index) const;

 private:
  std::size_t n_;
  double q_per_voxel_;
  std::optional<double> photons_;
  bool noise_free_;
  std::uint64_t seed_;
  int threads_;
  Population population_;
  std::vector<Shot> shots_;
};

}  // namespace spi
