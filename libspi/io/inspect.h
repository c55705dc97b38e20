// SPDX-License-Identifier: GPL-3.0-or-later
// What is in a file, in words and numbers; reading it all is the check.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/io/detector.h"
#include "libspi/io/stack.h"

namespace spi {

enum class FileKind { frames, detector, stack, volumes, other };
template <>
struct EnumNames<FileKind> {
  static constexpr std::array<std::string_view, 5> values{"frames", "detector", "stack", "volumes",
                                                          "other"};
};

/// Told by content (and .emc, .mrcs where that does not decide); `other` is HDF5 of another kind.
/// UserError where the file is none that the suite knows.
FileKind kind_of_file(const std::filesystem::path& path);

/// A named value; the unit stands in the name.
struct Fact {
  std::string name;
  std::variant<std::string, double, std::int64_t> value;
};

struct Report {
  std::string title;  ///< a file's path, or "system"
  std::vector<Fact> facts;

  void add(std::string name, const std::string& value) {
    facts.push_back({std::move(name), value});
  }
  void add(std::string name, double value) { facts.push_back({std::move(name), value}); }
  void add_count(std::string name, std::size_t value) {
    facts.push_back({std::move(name), static_cast<std::int64_t>(value)});
  }
};

struct InspectOptions {
  DetectorHints hints;
  StackOptions stack;
  void describe(OptionSet& options) { hints.describe(options), stack.describe(options); }
};

/// Reads the whole file, in blocks. UserError where it is damaged.
Report inspect_file(const std::filesystem::path& path, const InspectOptions& options,
                    Monitor& monitor);
/// Versions of what is linked, devices, processors, memory.
Report inspect_system();

/// "title" and one indented line a fact.
std::string to_words(const Report& report);
/// A JSON array of objects; keys are the facts' names with _ for blanks.
std::string to_json(const std::vector<Report>& reports);

}  // namespace spi
