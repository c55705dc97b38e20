// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/frame_inputs.h"

namespace spi {

void FrameInputs::describe(OptionSet& options) {
  options.inputs("frames", frames,
                 "frames: ours (frames.h5), Dragonfly's .emc or HDF5 photon files");
  options.add("detector", detector,
              "detector file, where the frames do not hold one (Dragonfly, CrystFEL .geom, ours)");
  options.add("selection", selection,
              "use these frames only: a selection of spi-select, a blacklist of Dragonfly, or a "
              "list of ids");
  hints.describe(options);
}

FrameSource FrameInputs::open(Monitor& monitor, Team& team) const {
  FrameSource source(frames, detector, hints, monitor, team);
  if (selection) source.select(read_selection(*selection));
  return source;
}

}  // namespace spi
