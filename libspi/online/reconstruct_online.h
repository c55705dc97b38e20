// SPDX-License-Identifier: GPL-3.0-or-later
// A reconstruction that goes along with the experiment: waits for frames, places them, writes
// models, stops when told.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "libspi/online/online_emc.h"

namespace spi {

/// Runs until it is told to stop. `state`: the file in which it keeps what it knows, from which a
/// run with options.emc.resume goes on; every frame is in it or still in the queue, once. `write`
/// is called with a model after the first frames, every so often, and at the end. UserError where
/// no frame came; Cancelled where the monitor was asked to stop, after state and model were
/// written.
void reconstruct_online(FrameQueue& queue, const OnlineOptions& options,
                        const std::filesystem::path& state, std::uint64_t seed, int threads,
                        Monitor& monitor, const std::function<void(const Model&)>& write);

}  // namespace spi
