// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/table.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "libspi/base/error.h"
#include "libspi/selection/suggestion.h"

namespace spi {
namespace {

using Rows = std::unordered_map<std::uint64_t, std::size_t>;

/// The row of each id.
Rows rows_of(const std::string& source, const std::vector<std::uint64_t>& ids) {
  Rows rows;
  rows.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (!rows.emplace(ids[i], i).second)
      fail(source, ": the id ", ids[i], " comes twice, in rows ", rows.at(ids[i]), " and ", i);
  return rows;
}

bool is_same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool are_same(const TableColumn& a, const TableColumn& b) {
  return a.labels == b.labels && std::ranges::equal(a.values, b.values, is_same);
}

/// Whether `name` is all of `full`, or what follows one of its dots.
bool is_end_of(std::string_view full, std::string_view name) {
  return full == name || (full.ends_with(name) && full[full.size() - name.size() - 1] == '.');
}

}  // namespace

Table::Table(std::string source, std::vector<std::uint64_t> ids)
    : source_(std::move(source)), ids_(std::move(ids)) {
  if (ids_.empty()) fail(source_, " has no rows");
  rows_of(source_, ids_);
  columns_.push_back({.name = "id", .values = {ids_.begin(), ids_.end()}});
}

void Table::set_of(SelectionOf of, const std::string& source) {
  if (of_ && *of_ != of)
    fail(source, " is about ", name_of(of), ", but ", of_source_, " about ", name_of(*of_),
         of == SelectionOf::frames ? ": --averages gives the frames behind averages" : "");
  of_ = of;
  of_source_ = source;
}

void Table::join(const std::string& source, const std::vector<std::uint64_t>& ids,
                 std::vector<TableColumn> columns) {
  if (ids == ids_) {
    std::ranges::move(columns, std::back_inserter(columns_));
    return;
  }
  const Rows rows = rows_of(source, ids);
  std::vector<std::size_t> from;
  std::size_t missing = 0;
  std::uint64_t first_missing = 0;
  for (const std::uint64_t id : ids_) {
    const auto found = rows.find(id);
    if (found != rows.end())
      from.push_back(found->second);
    else if (missing++ == 0)
      first_missing = id;
  }
  if (missing > 0)
    fail(source, " has no row for ", missing, " of the ", ids_.size(), " ids of ", source_,
         ", the first of them ", first_missing,
         ": give the file with the fewest rows first, and files of the same ",
         of() == SelectionOf::frames ? "frames" : "averages");
  for (TableColumn& column : columns) {
    std::vector<double> values;
    values.reserve(from.size());
    for (const std::size_t row : from) values.push_back(column.values[row]);
    column.values = std::move(values);
    columns_.push_back(std::move(column));
  }
}

std::vector<const TableColumn*> Table::matches(std::string_view name) const {
  std::string dotted(name);
  std::ranges::replace(dotted, '/', '.');
  std::vector<const TableColumn*> found;
  for (const TableColumn& column : columns_)
    if (!dotted.empty() && is_end_of(column.name, dotted)) found.push_back(&column);
  return found;
}

const TableColumn* Table::find(std::string_view name) const {
  const auto found = matches(name);
  return found.empty() ? nullptr : found.front();
}

const TableColumn& Table::column(std::string_view name) const {
  const auto found = matches(name);
  if (found.empty())
    fail("unknown column '", name, "', not one of: ", listed(names()), did_you_mean(name, names()));
  for (const TableColumn* other : found)
    if (!are_same(*found.front(), *other))
      fail("'", name, "' stands for two columns of different values: write ", found.front()->name,
           " or ", other->name);
  return *found.front();
}

const std::vector<double>& Table::numbers(std::string_view name) const {
  const TableColumn& found = column(name);
  if (found.is_text) fail("the column '", name, "' holds texts, not numbers");
  return found.values;
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> names;
  for (const TableColumn& column : columns_) {
    std::size_t start = column.name.rfind('.') + 1;
    while (start > 0 && matches(column.name.substr(start)).size() > 1)
      start = start < 2 ? 0 : column.name.rfind('.', start - 2) + 1;
    names.push_back(column.name.substr(start));
  }
  return names;
}

}  // namespace spi
