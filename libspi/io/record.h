// SPDX-License-Identifier: GPL-3.0-or-later
// What every file of ours begins with: format, version, provenance.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "libspi/cli/provenance.h"
#include "libspi/io/hdf5.h"

namespace spi {

/// Root attributes `format` and `format_version`, and the group /provenance.
void write_record(h5::File& file, const std::string& format, const Provenance& provenance);

/// The root attribute `format` ("spi-averages", ...), or "" in a file that is not ours. UserError
/// where the format's version is newer than this program.
std::string format_of(const h5::File& file);

inline constexpr int kFormatVersion = 1;

/// A root attribute between `low` and `high`, else a UserError that names it.
double number_between(const h5::File& file, const std::string& name, double low, double high);

/// A dataset of that shape; UserError where a value is not finite.
template <class T>
std::vector<T> read_finite(const h5::File& file, const std::string& name, const h5::Shape& shape) {
  std::vector<T> values = file.read<T>(name, shape);
  for (const T v : values)
    if (!std::isfinite(v))
      fail(file.path().string(), ": ", name, " has values that are not finite");
  return values;
}

}  // namespace spi
