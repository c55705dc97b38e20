// SPDX-License-Identifier: GPL-3.0-or-later
// The truth behind simulated frames, as columns of an HDF5 file.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "libspi/io/hdf5.h"
#include "libspi/simulate/simulator.h"

namespace spi {

/// Group /truth with one row a frame: `quaternion` [N,4] f8 (model_from_lab, [w,x,y,z]), `kind` [N]
/// u1 (index into the texts `kind_names`), `melting` [N] f8 and `size_A` [N] f8 (edge of the cube
/// of the same volume, unmelted; both NaN where undefined), `fluence` [N] f8 (relative, mean 1),
/// `expected_photons` [N] f8 (before Poisson noise), `conformation` [N] u4 (counted over the models
/// of all structure files).
class TruthWriter {
 public:
  /// `file` must outlive the writer.
  TruthWriter(h5::File& file, const Population& population);
  void append(std::span<const ShotTruth> truth);

 private:
  h5::File& file_;
};

}  // namespace spi
