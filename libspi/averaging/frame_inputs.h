// SPDX-License-Identifier: GPL-3.0-or-later
// What a program that works on frames is given: files, detector, selection.
#pragma once

#include "libspi/averaging/frame_source.h"
#include "libspi/base/options.h"

namespace spi {

struct FrameInputs {
  std::vector<std::filesystem::path> frames;
  std::optional<std::filesystem::path> detector, selection;
  DetectorHints hints;

  /// The positional FRAMES and its options.
  void describe(OptionSet& options);
  /// The selected frames, see FrameSource. The monitor and the team must outlive it.
  FrameSource open(Monitor& monitor, Team& team = alone()) const;
};

}  // namespace spi
