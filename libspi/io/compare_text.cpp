// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <map>
#include <string_view>

#include "libspi/io/compare_detail.h"

namespace spi {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::vector<std::vector<std::string>> read_table(const ByteFile& file) {
  const auto bytes = file.read<char>(0, file.size());
  std::vector<std::vector<std::string>> table;
  for (const std::string& line : split({bytes.data(), bytes.size()}, '\n'))
    table.push_back(split(line, ','));
  return table;
}

std::optional<double> number(const std::string& text) {
  try {
    return parse_number(text);
  } catch (const UserError&) {
    return std::nullopt;
  }
}

}  // namespace

Comparison compare_texts(const ByteFile& a, const ByteFile& b, const CompareOptions& options) {
  const auto x = read_table(a), y = read_table(b);
  Comparison result;
  struct Column {
    std::vector<double> a, b;
  };
  std::map<std::size_t, Column> columns;  // of fields that are numbers in both files
  if (x.size() != y.size())
    result.differences.push_back(text_of(x.size(), " lines against ", y.size()));
  for (std::size_t row = 0; row < std::min(x.size(), y.size()); ++row) {
    if (x[row].size() != y[row].size()) {
      result.differences.push_back(
          text_of("line ", row + 1, ": ", x[row].size(), " fields against ", y[row].size()));
      continue;
    }
    for (std::size_t field = 0; field < x[row].size(); ++field) {
      const auto p = number(x[row][field]), q = number(y[row][field]);
      if (p && q) {
        columns[field].a.push_back(*p);
        columns[field].b.push_back(*q);
      } else if (x[row][field] != y[row][field]) {
        result.differences.push_back(
            text_of("line ", row + 1, ": '", x[row][field], "' against '", y[row][field], "'"));
      }
    }
  }
  result.compared = std::max<std::size_t>(1, columns.size());
  for (const auto& [field, column] : columns) {
    RealDifference difference(options);
    difference.measure(column.a);
    difference.add(column.a, column.b);
    if (const auto words = difference.words())
      result.differences.push_back(text_of("column ", field + 1, ": ", *words));
  }
  return result;
}

}  // namespace spi
