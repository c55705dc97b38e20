// SPDX-License-Identifier: GPL-3.0-or-later
// Help, manual page and markdown page of a command, all from its Usage.
#pragma once

#include <string>
#include <string_view>

#include "libspi/cli/usage.h"

namespace spi::cli {

/// `name` is the command as typed, such as "spi-clpca" or "spi-embed train".
std::string help_text(std::string_view name, const Usage& usage);
std::string markdown_page(std::string_view name, const Usage& usage);
/// troff, section 1
std::string manual_page(std::string_view name, const Usage& usage);

}  // namespace spi::cli
