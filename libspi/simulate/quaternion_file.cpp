// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/quaternion_file.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "libspi/base/error.h"
#include "libspi/base/quantity.h"
#include "libspi/io/hdf5.h"

namespace spi {
namespace {

using Rows = std::vector<std::array<double, 4>>;

Rows from_hdf5(const h5::File& file) {
  for (const char* dataset : {"/quaternion", "/truth/quaternion"}) {
    if (!file.exists(dataset)) continue;
    const h5::Shape shape = file.shape(dataset);
    if (shape.size() != 2 || shape[1] != 4)
      fail(dataset, " has shape ", h5::print(shape), ", expected (N, 4)");
    const auto values = file.read<double>(dataset);
    Rows rows(shape[0]);
    for (std::size_t i = 0; i < values.size(); ++i) rows[i / 4][i % 4] = values[i];
    return rows;
  }
  fail("it has no dataset quaternion or truth/quaternion");
}

Rows from_text(std::istream& lines) {
  Rows rows;
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find('#'));
    std::ranges::replace(line, ',', ' ');
    std::istringstream words(line);
    std::vector<double> numbers;
    for (std::string word; words >> word;) numbers.push_back(parse_number(word));
    if (numbers.empty()) continue;
    if (numbers.size() != 4)
      fail("'", line, "' has ", numbers.size(), " numbers, expected w x y z");
    rows.push_back({numbers[0], numbers[1], numbers[2], numbers[3]});
  }
  return rows;
}

Rows read_rows(const std::filesystem::path& path) {
  if (h5::File::is_hdf5(path)) return from_hdf5(h5::File::open(path));
  std::ifstream stream(path);
  if (!stream || !std::filesystem::is_regular_file(path)) fail("the file cannot be read");
  return from_text(stream);
}

}  // namespace

std::vector<Quaternion> read_quaternions(const std::filesystem::path& path) {
  return with_context("reading the orientations in " + path.string(), [&] {
    constexpr double kSlack = 0.01;   // of numbers that were printed with two digits
    constexpr double kExact = 1e-12;  // such rows stay as they are
    std::vector<Quaternion> quaternions;
    for (const auto& [w, x, y, z] : read_rows(path)) {
      const double norm = std::sqrt(w * w + x * x + y * y + z * z);
      if (!(std::abs(norm - 1) <= kSlack))
        fail("row ", quaternions.size(), " has norm ", norm, ", expected 1");
      const Quaternion q{w, x, y, z};
      quaternions.push_back(std::abs(norm - 1) < kExact ? q : normalized(q));
    }
    if (quaternions.empty()) fail("it holds none");
    return quaternions;
  });
}

}  // namespace spi
