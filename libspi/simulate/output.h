// SPDX-License-Identifier: GPL-3.0-or-later
// A simulation written to disk, with its truth.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/cli/provenance.h"
#include "libspi/io/frames.h"
#include "libspi/simulate/simulator.h"
#include "libspi/simulate/volumes.h"

namespace spi {

struct SimulationSummary {
  std::vector<std::size_t> frames_of_kind;  ///< [components]
  double photons = 0;                       ///< of all frames; of averages, the expected ones
};

/// Streams all frames to `path`. In our format the truth (truth.h) and the detector stand in the
/// same file; otherwise in `truth_path` and `detector_path` (Dragonfly HDF5).
SimulationSummary write_frames(const Simulator& simulator, FrameFormat format,
                               const std::filesystem::path& path,
                               const std::filesystem::path& truth_path,
                               const std::filesystem::path& detector_path,
                               const Provenance& provenance, Monitor& monitor);

/// Streams all dense patterns to an averages file, with the truth. UsageError where the detector is
/// not a rectangle of pixels.
SimulationSummary write_averages(const Simulator& simulator, const std::filesystem::path& path,
                                 const Provenance& provenance, Monitor& monitor);

/// Streams all volumes: intensities with the truth to `path`, densities to `density_path`.
SimulationSummary write_volumes(const VolumeSimulator& simulator, const std::filesystem::path& path,
                                const std::filesystem::path& density_path,
                                const Provenance& provenance, Monitor& monitor);

}  // namespace spi
