// SPDX-License-Identifier: GPL-3.0-or-later
// What every file of ours begins with: format, version, provenance.
#pragma once

#include <string>

#include "libspi/cli/provenance.h"
#include "libspi/io/hdf5.h"

namespace spi {

/// Root attributes `format` and `format_version`, and the group /provenance.
void write_record(h5::File& file, const std::string& format, const Provenance& provenance);

/// The root attribute `format` ("spi-averages", ...), or "" in a file that is not ours. UserError
/// where the format's version is newer than this program.
std::string format_of(const h5::File& file);

inline constexpr int kFormatVersion = 1;

}  // namespace spi
