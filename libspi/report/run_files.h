// SPDX-License-Identifier: GPL-3.0-or-later
// The files of a run: which are ours, how they were made, what lies beside them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libspi/base/monitor.h"

namespace spi {

/// An input that a file's record names, and what became of it.
struct UsedInput {
  enum class State { same, changed, elsewhere };
  std::string name, fingerprint;  ///< as recorded
  State state = State::elsewhere;
};

/// A file of ours (libspi/io/record.h).
struct RunFile {
  std::filesystem::path path;
  std::string format = {};       ///< "spi-clpca", ...
  std::string fingerprint = {};  ///< of the file as it is now
  std::string program = {}, version = {}, commit = {}, command_line = {}, date = {}, seed = {};
  std::vector<std::string> options = {};  ///< "name = value"
  std::vector<UsedInput> inputs = {};
  /// Pictures, tables and movies named after it: clpca-embedding.png of clpca.h5.
  std::vector<std::filesystem::path> companions = {};
};

struct OtherFile {
  std::filesystem::path path;
  std::string reason;
};

struct RunFiles {
  std::vector<RunFile> files;                                   ///< in the order of the analysis
  std::vector<std::filesystem::path> pictures, movies, tables;  ///< named after none of them
  std::vector<OtherFile> others;                                ///< shown by name only
};

enum class Media { picture, movie, table, none };
/// By the extension: png, svg, jpg; mp4, webm, gif; csv.
Media media_of(const std::filesystem::path& path);
/// "image/png", ...; of pictures and movies.
std::string_view media_type(const std::filesystem::path& path);

/// Heading under which files of a format stand, and its place in the analysis.
struct Chapter {
  std::size_t place = 0;
  std::string_view title;
};
Chapter chapter_of(const std::string& format);

/// Files, and the files that lie directly in folders, but for `report` itself. Inputs of files are
/// looked for among them and where the record says, from here and from the file's folder. UserError
/// for what is missing, for a named file that is damaged (one in a folder becomes an OtherFile),
/// and where none is ours.
RunFiles find_run(const std::vector<std::filesystem::path>& inputs,
                  const std::filesystem::path& report, Monitor& monitor);

}  // namespace spi
