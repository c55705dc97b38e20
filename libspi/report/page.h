// SPDX-License-Identifier: GPL-3.0-or-later
// The report of a run: one HTML page that needs nothing else to be read.
#pragma once

#include <filesystem>
#include <string>

#include "libspi/base/options.h"
#include "libspi/cli/provenance.h"
#include "libspi/report/run_files.h"

namespace spi {

struct ReportOptions {
  std::string title = "Report";
  Memory max_size{30.0 * 1024 * 1024};
  Memory max_movie{10.0 * 1024 * 1024};
  std::size_t thumbnails = 2000;
  std::size_t table_rows = 30;

  void describe(OptionSet& options);
};

/// What a page holds, for the line at the end of the program.
struct ReportPage {
  std::string html;
  std::size_t plots = 0, embedded = 0, linked = 0;
};

/// The page that stands at `place`: links lead from there. What would make it larger than
/// `max_size` is linked, and the monitor warned.
ReportPage report_page(const RunFiles& run, const ReportOptions& options,
                       const std::filesystem::path& place, const Provenance& provenance,
                       Monitor& monitor);

}  // namespace spi
