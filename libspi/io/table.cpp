// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>

#include "libspi/base/error.h"
#include "libspi/base/quantity.h"
#include "libspi/io/atomic_file.h"
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

/// The words as indices into their distinct values, in order of appearance.
Column labelled(std::string name, const std::vector<std::string>& words) {
  Column column{.name = std::move(name), .values = {}, .labels = {}};
  for (const std::string& word : words) {
    const auto found = std::ranges::find(column.labels, word);
    column.values.push_back(double(found - column.labels.begin()));
    if (found == column.labels.end()) column.labels.push_back(word);
  }
  return column;
}

Column hdf5_column(const fs::path& path, const std::string& name) {
  const h5::File file = h5::File::open(path);
  if (file.info(name).kind == h5::Kind::text) return labelled(name, file.read_texts(name));
  Column column{.name = name, .values = file.read<double>(name), .labels = {}};
  if (file.exists(name + "_names")) column.labels = file.read_texts(name + "_names");
  return column;
}

std::vector<std::string> split_line(const std::string& line) {
  std::vector<std::string> cells;
  for (std::size_t start = 0; start <= line.size();) {
    const auto comma = std::min(line.find(',', start), line.size());
    cells.push_back(line.substr(start, comma - start));
    start = comma + 1;
  }
  return cells;
}

Column csv_column(const fs::path& path, const std::string& name) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) fail("cannot read a heading line from ", path.string());
  const auto headings = split_line(line);
  const auto found = std::ranges::find(headings, name);
  if (found == headings.end())
    fail(path.string(), " has no column '", name, "'; its columns are: ", line);
  const auto index = std::size_t(found - headings.begin());
  std::vector<std::string> words;
  while (std::getline(file, line)) {
    const auto cells = split_line(line);
    if (cells.size() != headings.size())
      fail(path.string(), ": line ", words.size() + 2, " has ", cells.size(), " cells, expected ",
           headings.size());
    words.push_back(cells[index]);
  }
  Column column{.name = name, .values = {}, .labels = {}};
  for (const std::string& word : words) {
    double value = std::numeric_limits<double>::quiet_NaN();
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (!word.empty() && (error != std::errc{} || end != word.data() + word.size()))
      return labelled(name, words);
    column.values.push_back(value);
  }
  return column;
}

}  // namespace

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

Column read_column(const std::string& where, const fs::path& default_file, std::size_t rows) {
  const auto colon = where.rfind(':');
  const fs::path path = colon == where.npos ? default_file : fs::path(where.substr(0, colon));
  const std::string name = colon == where.npos ? where : where.substr(colon + 1);
  Column column = h5::File::is_hdf5(path) ? hdf5_column(path, name) : csv_column(path, name);
  if (column.values.size() != rows)
    fail("the column ", name, " of ", path.string(), " has ", column.values.size(),
         " values, expected one for each of the ", rows, " patterns");
  return column;
}

}  // namespace spi
