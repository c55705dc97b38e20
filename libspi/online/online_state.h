// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that an online reconstruction knows, in memory and on disk.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libspi/averaging/survey.h"
#include "libspi/emc/volume_emc.h"
#include "libspi/io/model.h"
#include "libspi/online/frame_queue.h"

namespace spi {

/// What the first frames fix for good.
struct OnlineSetting {
  Detector detector;
  std::vector<double> total;           ///< [P] counts summed over `frames`
  std::size_t frames = 0;              ///< the first frames that were used
  std::vector<std::uint8_t> excluded;  ///< [P] hot and dead pixels
  double brightest = 0;                ///< photons; frames with more are rejected
  std::size_t size = 0;                ///< n, voxels across
  double voxels_per_pixel = 1;
  double spacing_rad = 0;
  EmcState::Stage stage = EmcState::Stage::grid;  ///< how frames are placed
};

/// One batch's line of the convergence table.
struct OnlineRecord {
  double frames = 0;      ///< placed so far
  double gain = 0;        ///< nats, mean over the batch
  double width_rad = 0;   ///< median over the batch
  double fsc_radius = 0;  ///< pixels of q, where the half sets' correlation falls below 1/2
};

struct OnlineState {
  bool begun = false;            ///< whether there is a first model; else only `files` and detector
  std::vector<TakenFile> files;  ///< what was read, and so is in the sums or rejected
  OnlineSetting setting;
  std::unique_ptr<VolumeEmc::Sums> sums;  ///< of all frames so far, the old ones fading
  Model placed;                           ///< columns of the frames placed; fluences not yet scaled
  std::array<std::size_t, EnumNames<FrameFate>::values.size()> fates{};  ///< frames of each
  std::vector<OnlineRecord> history;

  std::size_t taken() const;
};

/// The largest sum of a voxel, in photons, whatever comes; the quantum is 10⁻⁶.
inline constexpr double kLargestSum = 1e12;

/// Writes the state whole or not at all; makes the folder.
void save_online(const std::filesystem::path& path, const std::string& setting,
                 const OnlineState& state);

/// nullopt where there is no such file. UsageError where it belongs to another setting.
std::optional<OnlineState> load_online(const std::filesystem::path& path,
                                       const std::string& setting);

}  // namespace spi
