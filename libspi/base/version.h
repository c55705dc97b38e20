// SPDX-License-Identifier: GPL-3.0-or-later
// Version and commit of this build.
#pragma once

#include <string>

namespace spi {

std::string version();  ///< such as "0.1.0"
std::string commit();   ///< abbreviated hash, "+" appended for uncommitted changes, or "unknown"

}  // namespace spi
