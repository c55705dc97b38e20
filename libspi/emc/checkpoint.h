// SPDX-License-Identifier: GPL-3.0-or-later
// What an interrupted reconstruction needs to go on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "libspi/emc/volume_emc.h"

namespace spi {

/// Writes the state whole or not at all; makes the folder. `setting` describes frames and options.
void save_checkpoint(const std::filesystem::path& path, const std::string& setting,
                     const EmcState& state);

/// nullopt where there is no such file. UsageError where it belongs to another setting.
std::optional<EmcState> load_checkpoint(const std::filesystem::path& path,
                                        const std::string& setting);

/// Gives all ranks what rank 0 has read of a checkpoint.
void broadcast(EmcState& state, Team& team);

}  // namespace spi
