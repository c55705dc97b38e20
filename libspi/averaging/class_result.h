// SPDX-License-Identifier: GPL-3.0-or-later
// What a finished run leaves: its averages, how good they are, and which frames made them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libspi/averaging/class_emc.h"

namespace spi {

struct ClassResult {
  std::size_t run = 0, classes = 0, rings = 0, angles = 0;
  std::vector<float> rate;  ///< [K][R][T] relative to the radial mean, times the mean fluence
  /// [K][R][T] effective frames of fluence 1 that saw the bin: exposure over Ī(r) · the bin's full
  /// geometric area in pixels.
  std::vector<float> weight;

  std::vector<double> occupancy;          ///< [K] Σ_d P_d(k), frames
  std::vector<double> effective_photons;  ///< [K] photons of the frames, by P
  std::vector<double> information;        ///< [K] mean nats that its frames tell of class and angle
  std::vector<double> half_correlation;   ///< [K] of the two half sets' unsmoothed averages
  std::vector<float> snr;  ///< [K][R] spectral signal-to-noise 2c/(1−c), c the rings' correlation

  std::vector<std::uint64_t> member_id;     ///< [members] frame ids
  std::vector<std::uint32_t> member_class;  ///< [members] the best class
  /// [members] P of the best class; turn of the frame onto the average, rad; fluence, mean 1
  std::vector<float> member_probability, member_angle, member_fluence;

  std::vector<IterationRecord> history;
  std::string stop_reason;
  std::optional<double> held_out_gain;  ///< nats a frame
};

/// Gathers the result of a run that has ended: all ranks. The half sets are those of its last
/// iteration.
ClassResult result_of(ClassEmc& emc, FrameStore& store, int threads);

}  // namespace spi
