// SPDX-License-Identifier: GPL-3.0-or-later
// Which rows of a table to take: rules, how they combine, and other selections.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/selection/shapes.h"
#include "libspi/selection/table.h"

namespace spi {

/// Rules that are not given do not count.
struct SelectOptions {
  std::vector<Interval> box = {};
  std::optional<Polygon> polygon = {};
  std::vector<std::string> cluster = {};
  std::vector<Interval> percentile = {};
  std::optional<Nearest> nearest = {};
  std::optional<std::string> where = {};
  std::optional<std::filesystem::path> ids = {};
  /// nullopt: c1,c2 for the polygon, for nearest as many of c1,c2,... as the point has numbers, for
  /// an id the first three.
  std::optional<std::vector<std::string>> axes = {};

  bool unite = false;       ///< rows that any rule takes; else those that all take
  bool complement = false;  ///< the rows that the rules leave
  /// Selections of the same things: those rows only; those too; not those. In this order.
  std::vector<std::filesystem::path> both = {}, either = {}, minus = {};

  void describe(OptionSet& options);
};

struct Choice {
  std::vector<bool> rows;          ///< [N]
  std::string rule;                ///< in words
  std::vector<std::string> notes;  ///< what a user should know, such as rows without coordinates
};

/// Applies the rules. Rows whose values are missing (NaN) are not taken by a rule; complement is
/// of the rows taken, so it has them. UsageError where options contradict, UserError as of
/// Table::column, read_selection, selected, evaluate and shapes.h.
Choice choose(const Table& table, const SelectOptions& options);

}  // namespace spi
