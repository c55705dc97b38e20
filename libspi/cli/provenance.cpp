// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/cli/provenance.h"

#include <cstdlib>
#include <ctime>

namespace spi {

std::string utc_date() {
  std::time_t now = std::time(nullptr);
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH")) now = std::atoll(epoch);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace spi
