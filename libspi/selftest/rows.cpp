// SPDX-License-Identifier: GPL-3.0-or-later
// What was found, as text and as files.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "libspi/base/error.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/inspect.h"
#include "libspi/io/table.h"
#include "libspi/selftest/selftest.h"

namespace spi::selftest {
namespace {

constexpr std::array<const char*, 3> kVerdicts{"PASS", "FAIL", "SKIP"};

const char* word(Verdict verdict) { return kVerdicts[std::size_t(verdict)]; }

std::string short_number(const char* format, double value) {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// Three digits and a prefix: "12.3 M".
std::string with_prefix(double value) {
  constexpr std::array<const char*, 5> kPrefixes{"", "k", "M", "G", "T"};
  std::size_t n = 0;
  for (; value >= 1000 && n + 1 < kPrefixes.size(); ++n) value /= 1000;
  return short_number("%.3g ", value) + kPrefixes[n];
}

/// Characters of UTF-8, of which each takes a column.
std::size_t width(const std::string& text) {
  return std::size_t(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

using Cells = std::vector<std::string>;

Cells cells(const Row& row) {
  Cells line{row.operation, row.device, row.size};
  if (row.seconds > 0) {
    const double per_second = (row.by_copies ? row.work.bytes : row.work.operations) / row.seconds;
    line.insert(line.end(), {short_number("%.1e", row.maximum), short_number("%.1e", row.rms),
                             short_number("%.1e", row.bound),
                             with_prefix(row.work.items / row.seconds) + row.work.unit + "/s",
                             with_prefix(per_second) + (row.by_copies ? "B/s" : "FLOP/s"),
                             row.of_ceiling > 0 ? short_number("%.2f", row.of_ceiling) +
                                                      (row.by_copies ? " copy" : " gemm")
                                                : "-"});
  } else {
    line.insert(line.end(), 6, "-");
  }
  line.push_back(word(row.verdict));
  if (row.verdict != Verdict::pass) line.back() += ": " + row.note;
  return line;
}

/// The numbers of a row by name; NaN where there are none.
std::vector<std::pair<const char*, double>> numbers(const Row& row) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const auto known = [&](double value) { return row.seconds > 0 ? value : none; };
  return {{"maximum_error", known(row.maximum)},
          {"rms_error", known(row.rms)},
          {"rms_bound", known(row.bound)},
          {"maximum_bound", known(row.maximum_bound)},
          {"seconds", known(row.seconds)},
          {"items_per_second", known(row.work.items / row.seconds)},
          {"operations_per_second", known(row.work.operations / row.seconds)},
          {"bytes_per_second", known(row.work.bytes / row.seconds)},
          {"of_ceiling", row.of_ceiling > 0 ? row.of_ceiling : none}};
}

std::vector<std::pair<const char*, std::string>> words(const Row& row) {
  return {{"operation", row.operation},
          {"device", row.device},
          {"size", row.size},
          {"item", row.work.unit},
          {"ceiling", row.by_copies ? "copy" : "gemm"},
          {"result", word(row.verdict)},
          {"note", row.note}};
}

void write_json(const std::filesystem::path& path, const std::vector<Row>& rows) {
  std::vector<Report> reports;
  for (const Row& row : rows) {
    Report& report = reports.emplace_back();
    report.title = row.operation + " on " + row.device;
    for (const auto& [name, value] : words(row)) report.add(name, value);
    for (const auto& [name, value] : numbers(row)) report.add(name, value);
  }
  write_text(path, to_json(reports));
}

void write_table(const std::filesystem::path& path, const std::vector<Row>& rows) {
  std::vector<Column> columns;
  for (std::size_t c = 0; c < words(rows.front()).size(); ++c) {
    std::vector<std::string> values;
    for (const Row& row : rows) {
      std::string value = words(row)[c].second;
      std::ranges::replace(value, ',', ';');
      values.push_back(std::move(value));
    }
    columns.push_back(labelled(words(rows.front())[c].first, values));
  }
  for (std::size_t c = 0; c < numbers(rows.front()).size(); ++c) {
    Column& column = columns.emplace_back();
    column.name = numbers(rows.front())[c].first;
    for (const Row& row : rows) column.values.push_back(numbers(row)[c].second);
  }
  write_csv(path, columns);
}

}  // namespace

std::string in_words(const std::vector<Row>& rows) {
  std::vector<Cells> lines{{"operation", "device", "size", "max error", "RMS error", "bound",
                            "speed", "rate", "of ceiling", "result"}};
  for (const Row& row : rows) lines.push_back(cells(row));
  std::vector<std::size_t> widths(lines.front().size());
  for (const Cells& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width(line[c]));
  std::string text;
  for (const Cells& line : lines) {
    for (std::size_t c = 0; c + 1 < line.size(); ++c)
      text += line[c] + std::string(widths[c] - width(line[c]) + 2, ' ');
    text += line.back() + "\n";
  }
  return text;
}

void check_extension(const std::filesystem::path& path) {
  if (path.extension() != ".csv" && path.extension() != ".json")
    fail_usage("--output ", path.string(), ": name a file that ends with .csv or .json");
}

void write_rows(const std::filesystem::path& path, const std::vector<Row>& rows) {
  check_extension(path);
  SPI_ASSERT(!rows.empty());
  (path.extension() == ".csv" ? write_table : write_json)(path, rows);
}

}  // namespace spi::selftest
