// SPDX-License-Identifier: GPL-3.0-or-later
// Fingerprints of input files for the provenance record (XXH3, 64 bits).
#pragma once

#include <filesystem>
#include <string>

namespace spi {

/// "xxh3:<16 hex digits>" of the whole file up to 1 GiB; beyond, "xxh3-ends:<...>" of the size and
/// the first and last 64 MiB. UserError where the file cannot be read.
std::string file_fingerprint(const std::filesystem::path& path);

}  // namespace spi
