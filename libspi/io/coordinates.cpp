// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/coordinates.h"

#include <algorithm>
#include <cmath>

#include "libspi/io/record.h"

namespace spi {

Coordinates read_coordinates(const std::filesystem::path& path) {
  const h5::File file = h5::File::open(path);
  const std::string format = format_of(file);
  const auto is_dataset = [&](const char* name) {
    return file.exists(name) && !file.is_group(name);
  };
  for (const char* name : {"/embedding", "/id"})
    if (!is_dataset(name))
      fail(path.string(), " holds no coordinates (no dataset ", name,
           format.empty() ? "" : " in this " + format,
           "); expected clpca.h5 of spi-clpca or embedding.h5 of spi-embed");
  const h5::Info info = file.info("/embedding");
  if (info.kind != h5::Kind::real || info.shape.size() != 2 || info.shape[0] == 0 ||
      info.shape[1] == 0)
    fail(path.string(), ": /embedding has shape ", h5::print(info.shape),
         ", expected real numbers (patterns, components)");
  Coordinates result;
  result.rows = info.shape[0];
  result.components = info.shape[1];
  result.id = file.read<std::uint64_t>("/id", {result.rows});
  result.values = file.read<double>("/embedding");
  if (file.has_attribute("/embedding", "map"))
    result.map = file.text_attribute("/embedding", "map");
  return result;
}

std::vector<std::size_t> placed_rows(const Coordinates& coordinates,
                                     const std::filesystem::path& path) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < coordinates.rows; ++i)
    if (std::ranges::all_of(coordinates.row(i), [](double x) { return std::isfinite(x); }))
      rows.push_back(i);
  if (rows.empty())
    fail(path.string(), ": none of the ", coordinates.rows, " patterns has finite coordinates");
  return rows;
}

}  // namespace spi
