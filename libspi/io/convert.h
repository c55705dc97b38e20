// SPDX-License-Identifier: GPL-3.0-or-later
// Between the file formats of the field.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/cli/provenance.h"
#include "libspi/io/detector.h"
#include "libspi/io/stack.h"

namespace spi {

/// What to write: frames in three formats, a Dragonfly detector, averages, volumes.
enum class ConvertTarget { spi, emc, dragonfly, detector, averages, mrc, volumes };
template <>
struct EnumNames<ConvertTarget> {
  static constexpr std::array<std::string_view, 7> values{
      "spi", "emc", "dragonfly", "detector", "averages", "mrc", "volumes"};
};

struct ConvertOptions {
  std::optional<ConvertTarget> to = {};                ///< nullopt: from input and extension
  std::optional<std::filesystem::path> detector = {};  ///< for frames that have none
  std::optional<double> adu_per_photon = {};           ///< stacks in ADU
  std::size_t index = 0;                               ///< which volume becomes an MRC file
  DetectorHints hints = {};
  StackOptions stack = {};

  void describe(OptionSet& options);
};

/// What was done, for the last line of the log.
struct Converted {
  ConvertTarget to = ConvertTarget::spi;
  std::size_t items = 0;
  std::string what = {};           ///< of the items: "frames"
  std::size_t invalid_pixels = 0;  ///< negative or not finite: weight 0, or no photon
  std::vector<std::string> notes = {};
};

/// Frames to frames, detectors to Dragonfly's, stacks to frames (whole counts, or ADU rounded to
/// the nearest number of photons, at least 0) or averages, MRC to volumes.h5 and back. Streams.
/// UsageError where the wish cannot be understood. `output` is written atomically; an output that
/// is also an input is a UsageError.
Converted convert_files(const std::vector<std::filesystem::path>& inputs,
                        const std::filesystem::path& output, const ConvertOptions& options,
                        const Provenance& provenance, Monitor& monitor);

}  // namespace spi
