// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/error.h"

#include <cstdio>
#include <cstdlib>

namespace spi {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "internal error: %s does not hold (%s:%d). Please report this.\n", condition,
               file, line);
  std::abort();
}

}  // namespace spi
