// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "libspi/base/error.h"
#include "libspi/base/quantity.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/byte_file.h"
#include "libspi/io/hdf5.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

std::string cell(const Column& column, std::size_t row) {
  const double value = column.values[row];
  if (std::isnan(value)) return "";
  if (column.labels.empty()) return print_number(value);
  const auto index = static_cast<long>(value);
  return index >= 0 && index < long(column.labels.size()) ? column.labels[std::size_t(index)] : "";
}

Column hdf5_column(const fs::path& path, const std::string& name) {
  const h5::File file = h5::File::open(path);
  if (file.info(name).kind == h5::Kind::text) return labelled(name, file.read_texts(name));
  Column column{.name = name, .values = file.read<double>(name), .labels = {}};
  if (file.exists(name + "_names")) column.labels = file.read_texts(name + "_names");
  return column;
}

/// Calls `use(row, cells)` for the heading, row 0, and every line after it.
template <class Use>
void for_each_row(const fs::path& path, std::string_view text, Use&& use) {
  std::vector<std::string_view> cells;
  std::size_t expected = 0;
  for (std::size_t start = 0, row = 0; start < text.size(); ++row) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    std::string_view line = text.substr(start, end - start);
    start = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    cells.clear();
    for (std::size_t from = 0; from <= line.size();) {
      const std::size_t comma = std::min(line.find(',', from), line.size());
      cells.push_back(line.substr(from, comma - from));
      from = comma + 1;
    }
    if (row == 0) expected = cells.size();
    if (cells.size() != expected)
      fail(path.string(), ": line ", row + 1, " has ", cells.size(), " cells, expected ", expected);
    use(row, cells);
  }
  if (expected == 0) fail("cannot read a heading line from ", path.string());
}

/// The cell as a number, NaN where it is empty, nullopt for a word.
std::optional<double> number_in(std::string_view cell) {
  double value = std::numeric_limits<double>::quiet_NaN();
  if (cell.empty()) return value;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc{} || end != cell.data() + cell.size()) return std::nullopt;
  return value;
}

Column csv_column(const fs::path& path, const std::string& name) {
  std::string headings;
  for (Column& column : read_csv(path)) {
    if (column.name == name) return std::move(column);
    headings += (headings.empty() ? "" : ",") + column.name;
  }
  fail(path.string(), " has no column '", name, "'; its columns are: ", headings);
}

}  // namespace

std::vector<Column> empty_columns(std::span<const char* const> names) {
  std::vector<Column> columns;
  for (const char* name : names) columns.push_back({.name = name, .values = {}, .labels = {}});
  return columns;
}

void append_row(std::vector<Column>& columns, std::span<const double> row) {
  SPI_ASSERT(row.size() == columns.size());
  for (std::size_t c = 0; c < row.size(); ++c) columns[c].values.push_back(row[c]);
}

void write_csv(const fs::path& path, const std::vector<Column>& columns) {
  SPI_ASSERT(!columns.empty());
  std::string text;
  for (const Column& column : columns) {
    SPI_ASSERT(column.values.size() == columns.front().values.size());
    text += (text.empty() ? "" : ",") + column.name;
  }
  text += '\n';
  for (std::size_t row = 0; row < columns.front().values.size(); ++row) {
    for (std::size_t c = 0; c < columns.size(); ++c) text += (c ? "," : "") + cell(columns[c], row);
    text += '\n';
  }
  write_text(path, text);
}

std::vector<Column> read_csv(const fs::path& path) {
  const ByteFile file(path);
  const auto bytes = file.read<char>(0, file.size());
  const std::string_view text(bytes.data(), bytes.size());
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> words;  // of the columns where not all cells are numbers
  std::vector<bool> has_words;
  for_each_row(path, text, [&](std::size_t row, const auto& cells) {
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (row == 0)
        columns.push_back({.name = std::string(cells[c]), .values = {}, .labels = {}});
      else
        has_words[c] = has_words[c] || !number_in(cells[c]);
    }
    if (row == 0) words.resize(cells.size()), has_words.resize(cells.size());
  });
  for_each_row(path, text, [&](std::size_t row, const auto& cells) {
    for (std::size_t c = 0; row > 0 && c < cells.size(); ++c)
      if (has_words[c])
        words[c].emplace_back(cells[c]);
      else
        columns[c].values.push_back(*number_in(cells[c]));
  });
  for (std::size_t c = 0; c < columns.size(); ++c)
    if (has_words[c]) columns[c] = labelled(columns[c].name, words[c]);
  return columns;
}

Column labelled(std::string name, const std::vector<std::string>& words) {
  Column column{.name = std::move(name), .values = {}, .labels = {}};
  std::unordered_map<std::string_view, std::size_t> index;
  for (const std::string& word : words) {
    if (word.empty()) {
      column.values.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const auto [at, is_new] = index.emplace(word, index.size());
    column.values.push_back(double(at->second));
    if (is_new) column.labels.push_back(word);
  }
  return column;
}

Column read_column(const std::string& where, const fs::path& default_file, std::size_t rows) {
  return read_column(where, default_file, KeptRows::all(rows));
}

Column read_column(const std::string& where, const fs::path& default_file, const KeptRows& kept) {
  const auto colon = where.rfind(':');
  const fs::path path = colon == where.npos ? default_file : fs::path(where.substr(0, colon));
  const std::string name = colon == where.npos ? where : where.substr(colon + 1);
  Column column = h5::File::is_hdf5(path) ? hdf5_column(path, name) : csv_column(path, name);
  if (column.values.size() == kept.total) {
    std::vector<double> values;
    for (const std::size_t row : kept.row) values.push_back(column.values[row]);
    column.values = std::move(values);
  }
  if (column.values.size() != kept.row.size())
    fail("the column ", name, " of ", path.string(), " has ", column.values.size(),
         " values, expected one for each of the ", kept.row.size(), " patterns");
  return column;
}

}  // namespace spi
