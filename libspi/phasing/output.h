// SPDX-License-Identifier: GPL-3.0-or-later
// Writing phased densities.
#pragma once

#include "libspi/io/volume_series.h"
#include "libspi/phasing/series.h"

namespace spi {

/// volumes.h5 with, beside density [M,Z,Y,X] (the mean of the agreeing starts), density_best and
/// support of the same shape, and the group /phasing (docs/formats.md). Appears at finish().
class PhasedWriter {
 public:
  PhasedWriter(const std::filesystem::path& path, const Provenance& provenance);
  void append(const PhasedState& state);
  /// Where the intensities lay in a latent space is where the densities lie.
  void carry(const LatentStates& states) { write_latent_states(writer_.file(), states); }
  void finish();

 private:
  VolumesWriter writer_;
  std::vector<double> resolution_, q_;
  std::vector<float> error_, correlation_, prtf_, background_;
  std::vector<std::uint8_t> agrees_;
  std::vector<std::string> hidden_;
};

}  // namespace spi
