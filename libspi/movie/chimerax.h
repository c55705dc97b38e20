// SPDX-License-Identifier: GPL-3.0-or-later
// The same movie by ChimeraX: a script that opens the volumes and records them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "libspi/movie/options.h"

namespace spi {

struct ChimeraxMovie {
  std::vector<std::filesystem::path> volumes;  ///< MRC, beside the script
  double level = 0;
  std::string movie;  ///< name of the file that ChimeraX writes
};

/// ChimeraX resolves names relative to the script. It interpolates linearly between the volumes,
/// as spi-movie does with densities.
std::string chimerax_script(const ChimeraxMovie& movie, const MovieOptions& options);

}  // namespace spi
