// SPDX-License-Identifier: GPL-3.0-or-later
// Class averages of sparse frames: survey, bootstrap runs, checkpoints.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "libspi/averaging/class_result.h"

namespace spi {

/// One number of classes that was tried.
struct ClassTrial {
  std::size_t classes = 0, iterations = 0;
  double held_out_gain = 0;  ///< nats a frame
};

struct AveragingResult {
  std::unique_ptr<FrameStore> store;  ///< grid, radial mean, survey; uses the source
  std::vector<ClassTrial> trials;     ///< of options.try_classes
  std::vector<ClassResult> runs;
};

/// Sorts the source's frames into options.classes averages, options.bootstrap_runs times (Zhuang et
/// al. 2022, section 2.2.1). The same seed gives the same averages, whatever the threads, the
/// memory, or interruptions: a job that was stopped goes on from its checkpoint folder (empty:
/// none) when options.resume is set. With options.only_run the result holds that run alone, which
/// stays in the folder for a job that resumes. With options.try_classes, the number of classes that
/// gains most on frames held out is taken.
AveragingResult average_frames(FrameSource& source, const AveragingOptions& options,
                               const std::filesystem::path& checkpoint, std::uint64_t seed,
                               int threads, Monitor& monitor);

/// "used 19998 of 20000 frames (rejected: 2 damaged); 200 averages from 2 runs", the last line of a
/// log.
std::string summary(const AveragingResult& result, const FrameSource& source);

}  // namespace spi
