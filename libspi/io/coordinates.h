// SPDX-License-Identifier: GPL-3.0-or-later
// The coordinates of patterns in a landscape, as clpca.h5, embedding.h5 and clusters.h5 hold them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace spi {

/// N patterns with C coordinates each.
struct Coordinates {
  std::size_t rows = 0, components = 0;  ///< N, C
  std::vector<std::uint64_t> id;         ///< [N]
  std::vector<double> values;            ///< [N][C]; not finite: the pattern has no place
  std::string map;                       ///< how they were made ("pca", "isomap", ...), or empty

  std::span<const double> row(std::size_t i) const { return {&values[i * components], components}; }
};

/// Reads `embedding` [N, C] and `id` [N]; `map` is the attribute of that name of `embedding`.
/// UserError where the file is not HDF5, holds no embedding, or its shapes do not agree.
Coordinates read_coordinates(const std::filesystem::path& path);

/// The rows whose coordinates are all finite, in order. UserError naming `path` where none is.
std::vector<std::size_t> placed_rows(const Coordinates& coordinates,
                                     const std::filesystem::path& path);

}  // namespace spi
