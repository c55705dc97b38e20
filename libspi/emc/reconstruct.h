// SPDX-License-Identifier: GPL-3.0-or-later
// 3D EMC of the frames of a source, from options to the model of a particle.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "libspi/averaging/frame_source.h"
#include "libspi/emc/volume_emc.h"
#include "libspi/io/model.h"

namespace spi {

/// What a reconstruction leaves.
struct EmcResult {
  std::unique_ptr<FrameStore> store;  ///< grid, radial mean, survey; uses the source
  PointGroup group;                   ///< of the particle
  double voxels_per_pixel = 1;
  double spacing_rad = 0;  ///< of the finest grid
  EmcState state;
};

/// Reconstructs. The same seed gives the same model, whatever the threads or interruptions: a job
/// that was stopped goes on from its checkpoint (empty: none) when options.resume is set. UserError
/// where the detector does not know its wavelength, all frames are identical, or a reference does
/// not cover the detector.
EmcResult reconstruct_emc(FrameSource& source, const EmcOptions& options,
                          const std::filesystem::path& checkpoint, std::uint64_t seed, int threads,
                          Monitor& monitor);

/// The intensities and poses that model.h5 holds.
Model model_of(const EmcResult& result);

/// The part of it that is the volume's.
Model volume_model(const EmcState& state, const PointGroup& group, const Detector& detector,
                   const RadialMean& mean, double voxels_per_pixel);
/// Appends a frame's row; fluences as they are.
void append_pose(Model& model, std::uint64_t id, const FramePose& pose);
/// Divides the fluences by their mean.
void scale_fluences(Model& model);
/// The binning that a reconstruction uses: opposite pixels are folded where they look alike.
PolarBinningOptions emc_binning(const EmcOptions& options, const Detector& detector);

/// "used 4 998 of 5 000 frames ..." for the last line of the log.
std::string summary(const EmcResult& result, const FrameSource& source);

}  // namespace spi
