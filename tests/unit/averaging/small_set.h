// SPDX-License-Identifier: GPL-3.0-or-later
// A small data set for the tests of averaging: three kinds of patterns in random rotations.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/averaging/averaging.h"
#include "tests/unit/folder.h"
#include "tests/unit/listener.h"

namespace spi::test {

constexpr std::size_t kKinds = 3;

/// 41 × 41 pixels about (19.5, 20.5), a bad column.
Detector small_detector();

/// Expected counts of a pixel: kind's pattern turned by `angle_rad`, about 300 photons in all.
double rate_of(std::size_t kind, double x, double y, double angle_rad);

/// Writes frames with ids first_id, first_id + 1, ...; kind of frame d is d mod 3; counts are added
/// to by `disturb(frame, counts)`.
void write_frames(const std::filesystem::path& path, std::size_t frames, std::uint64_t first_id = 0,
                  const std::function<void(std::size_t, std::vector<std::uint32_t>&)>& disturb = {},
                  std::optional<Detector> detector = {});

/// Six classes on small rings, few iterations.
AveragingOptions small_options();

AveragingResult average(const std::vector<std::filesystem::path>& files,
                        const AveragingOptions& options, int threads = 2,
                        const std::filesystem::path& checkpoint = {},
                        Monitor& monitor = silent_monitor());

}  // namespace spi::test
