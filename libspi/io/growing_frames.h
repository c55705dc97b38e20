// SPDX-License-Identifier: GPL-3.0-or-later
// Frames of a file that another program may still be writing.
#pragma once

#include "libspi/io/frames.h"

namespace spi {

/// Whether a program has the file open to append frames while others read (HDF5's SWMR mode), or
/// ended without closing it.
bool is_growing(const std::filesystem::path& path);

/// One file as open_frames reads it. Of a frames.h5 that grows, the frames that all its datasets
/// hold now: as many as `id` and `frame_start` say, and of which `pixel` and `count` have every
/// photon. A writer that flushes frame_start after the others shows no frame too early.
/// `first_id`: the id of frame 0 where the file has none.
std::unique_ptr<FrameReader> open_frames_so_far(const std::filesystem::path& path,
                                                std::uint64_t first_id);

}  // namespace spi
