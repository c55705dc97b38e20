// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/online/options.h"

#include "libspi/averaging/emc_run.h"
#include "libspi/base/error.h"

namespace spi {

void OnlineOptions::describe(OptionSet& o) {
  o.group("Frames that come");
  o.add("first", first, "frames that are waited for and make the first model, by EMC")
      .range(2, 1e9);
  o.add("batch", batch, "frames that are placed together, between two models").range(1, 1e9);
  o.add("memory", memory,
        "a frame counts half when so many have been placed after it; auto: when half of all frames "
        "came after it, so that the model forgets what was placed by coarse models")
      .range(1, 1e18);

  o.group("When to stop");
  o.add("stop-when-idle", stop_when_idle_s,
        "seconds without a new frame; auto: wait for ever. Then the last ones, fewer than a batch, "
        "are placed too")
      .range(0, 1e9);
  o.add("max-frames", max_frames, "frames to read; auto: all that come").range(2, 1e18);
  o.add("stop-file", stop_file, "stop after the batch under way as soon as this file exists");
  o.add("poll", poll_s, "seconds between two looks for new frames").range(0.01, 3600);
  o.add("write-every", write_every_s, "seconds between two models written").range(0, 1e6);
  emc.describe(o);
}

void OnlineOptions::check_together() const {
  emc.check_together();
  if (max_frames && *max_frames < first)
    fail_usage("--max-frames ", *max_frames, " is below --first ", first);
}

std::string setting_of(const OnlineOptions& options, std::uint64_t seed) {
  OnlineOptions copy = options;
  OptionSet described;
  copy.describe(described);
  constexpr std::string_view kFree[] = {"stop-when-idle", "max-frames",       "stop-file", "poll",
                                        "write-every",    "checkpoint-every", "resume"};
  return text_of("seed ", seed, values_text(described, kFree));
}

}  // namespace spi
