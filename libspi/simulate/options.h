// SPDX-License-Identifier: GPL-3.0-or-later
// What a simulation is asked for, and the presets of the papers.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/options.h"
#include "libspi/geometry/rotation.h"
#include "libspi/simulate/artefacts.h"

namespace spi {

enum class Preset { melting_gold, neurorient };
template <>
struct EnumNames<Preset> {
  static constexpr std::array<std::string_view, 2> values{"melting-gold", "neurorient"};
};

/// Columns and rows of a detector; one number for a square.
struct PixelCounts {
  std::size_t columns = 0, rows = 0;
  bool operator==(const PixelCounts&) const = default;
};
template <>
struct Text<PixelCounts> {
  static std::string type() { return "COLUMNS[,ROWS]"; }
  static PixelCounts parse(const std::string& text);
  static std::string print(PixelCounts value);
};

/// Options of a simulation. An optional field that is empty is filled by the preset or, without
/// one, by the default that its help names.
struct SimulateOptions {
  std::optional<Preset> preset;
  std::optional<std::string> particles;
  std::optional<std::size_t> frames;
  bool averages = false, volumes = false;

  std::optional<double> photons, pulse_photons;
  std::optional<Length> beam_radius;
  bool equal_photons = false;

  std::optional<Length> edge;
  std::optional<double> size_spread;
  std::array<double, 2> melting{0.1, 0.6};
  double rod_aspect = 2.5;
  double oversampling = 3;
  std::optional<std::filesystem::path> quaternions;

  std::optional<Energy> photon_energy;
  std::optional<Length> distance, pixel_size;
  std::optional<PixelCounts> pixels;
  std::optional<std::array<double, 2>> center;
  std::optional<std::filesystem::path> detector;
  bool flat_ewald = false;
  double beam_stop = 0;

  std::optional<FluenceKind> fluence;
  double fluence_spread = 0.5;
  std::optional<std::filesystem::path> fluence_histogram;
  bool noise_free = false;
  double readout_noise = 0;

  void describe(OptionSet& options);

  /// The same with every field filled that the preset or a default decides, and checked against
  /// each other: UsageError where two contradict or one is missing.
  SimulateOptions resolved() const;

  /// The detector that the options describe or name. UserError where its file cannot be read.
  Detector make_detector() const;
  FluenceModel make_fluence() const;
  /// Of resolved options: those of the file, a frame each at least; none where they are drawn.
  std::vector<Quaternion> make_orientations() const;
};

}  // namespace spi
