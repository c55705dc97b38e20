// SPDX-License-Identifier: GPL-3.0-or-later
// What the sections of a report are made of. Internal.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "libspi/report/page.h"

namespace spi {

/// Puts pictures, movies, tables and data into a page while there is room, else links to them.
class Embedder {
 public:
  Embedder(const ReportOptions& options, std::filesystem::path place, Monitor& monitor);

  /// Takes room for so many bytes of the page; false (and a warning that names `what`) where they
  /// would be too many.
  bool take(std::size_t bytes, const std::string& what);
  /// <a href="...">name</a>, from the page's folder.
  std::string link(const std::filesystem::path& file) const;
  /// A picture or a movie with its caption; the caption links where there is no room.
  std::string figure(const std::filesystem::path& file);
  /// The first rows of a CSV file, and a link to all of them.
  std::string csv(const std::filesystem::path& file);

  std::size_t embedded() const { return embedded_; }
  std::size_t linked() const { return linked_; }

 private:
  const ReportOptions& options_;
  std::filesystem::path place_;
  Monitor& monitor_;
  double room_;
  std::size_t embedded_ = 0, linked_ = 0;
};

/// How each file was made, and which of its inputs are no longer what they were.
std::string record_table(const RunFiles& run, const Embedder& embedder);

/// What the file itself says, in a few names and values: counts, attributes, resolutions.
std::string facts(const RunFile& file);

}  // namespace spi
