// SPDX-License-Identifier: GPL-3.0-or-later
// How a result was made: written into every output.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace spi {

struct Provenance {
  std::string program, version, commit, command_line, date;  ///< date: UTC, ISO 8601
  std::string device;
  int threads = 1, ranks = 1;  ///< threads of each rank
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, std::string>> options;  ///< every resolved option
  std::vector<std::pair<std::string, std::string>> inputs;   ///< file and fingerprint
};

/// Now, in UTC, as 2026-01-31T12:00:00Z; SOURCE_DATE_EPOCH is obeyed.
std::string utc_date();

}  // namespace spi
