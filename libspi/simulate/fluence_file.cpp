// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstring>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "libspi/base/error.h"
#include "libspi/simulate/artefacts.h"

namespace spi {
namespace {

constexpr std::string_view kNumpyMagic = "\x93NUMPY";

/// Pairs (centre, height) of a .npy file's bytes; format: NEP 1, version 1 or 2.
FluenceModel parse_numpy(const std::string& bytes) {
  const std::size_t length_bytes = bytes.size() > 6 && bytes[6] == 1 ? 2 : 4;
  if (bytes.size() < 8 + length_bytes) fail("the file is cut short");
  std::uint32_t header_length = 0;
  std::memcpy(&header_length, bytes.data() + 8, length_bytes);
  const std::size_t start = 8 + length_bytes + header_length;
  if (bytes.size() < start) fail("the file is cut short");
  const std::string header = bytes.substr(8 + length_bytes, header_length);
  std::smatch shape;
  if (header.find("'<f8'") == header.npos || header.find("False") == header.npos ||
      !std::regex_search(header, shape, std::regex(R"(\((\d{1,7}), (\d{1,7})\))")))
    fail("not a two-dimensional array of float64 in C order");
  const std::size_t rows = std::stoul(shape[1]), columns = std::stoul(shape[2]);
  if (rows != 2 && columns != 2) fail("an array of ", rows, " x ", columns, ", not 2 x n");
  const std::size_t n = rows == 2 ? columns : rows;
  if (bytes.size() < start + 16 * n) fail("the file is cut short");
  std::vector<double> values(2 * n), centres(n), heights(n);
  std::memcpy(values.data(), bytes.data() + start, 16 * n);
  for (std::size_t i = 0; i < n; ++i) {
    centres[i] = values[rows == 2 ? i : 2 * i];
    heights[i] = values[rows == 2 ? n + i : 2 * i + 1];
  }
  return FluenceModel::histogram(centres, heights);
}

FluenceModel parse_text(const std::string& text) {
  std::vector<double> centres, heights;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find('#'));
    std::string centre, height, more;
    std::istringstream words(line);
    if (!(words >> centre)) continue;
    if (!(words >> height) || words >> more) fail("'", line, "' is not a bin's centre and height");
    centres.push_back(parse_number(centre));
    heights.push_back(parse_number(height));
  }
  return FluenceModel::histogram(centres, heights);
}

}  // namespace

FluenceModel read_fluence_histogram(const std::filesystem::path& path) {
  return with_context("reading the fluence histogram " + path.string(), [&] {
    std::ifstream stream(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    if (!stream || bytes.empty()) fail("the file cannot be read");
    return bytes.starts_with(kNumpyMagic) ? parse_numpy(bytes) : parse_text(bytes);
  });
}

}  // namespace spi
