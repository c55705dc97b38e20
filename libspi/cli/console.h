// SPDX-License-Identifier: GPL-3.0-or-later
// The monitor of a command-line program: messages and progress on stderr, a log file on request.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "libspi/base/monitor.h"

namespace spi::cli {

struct ConsoleOptions {
  bool quiet = false, verbose = false;
  bool silent = false;  ///< says nothing at all
  std::optional<std::filesystem::path> log;
};

/// A progress bar with the time left where stderr is a terminal, a plain line every 30 s
/// elsewhere. SIGINT and SIGTERM set its cancelled(); a second one ends the program at once.
std::unique_ptr<Monitor> make_console(const ConsoleOptions& options);

/// "1 h 05 min", "2 min 10 s", "3.2 s"
std::string duration_text(double seconds);

}  // namespace spi::cli
