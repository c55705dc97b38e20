// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/movie/latent_map.h"

#include <cmath>

#include "libspi/io/coordinates.h"
#include "libspi/io/hdf5.h"

namespace spi {
namespace {

LatentMap of_latents(const h5::File& file) {
  const h5::Shape shape = file.shape("/mu");
  if (shape.size() != 2 || h5::element_count(shape) == 0)
    fail(file.path().string(), ": /mu has shape ", h5::print(shape), ", expected (N, L)");
  LatentMap map{shape[1], file.read<float>("/mu")};
  for (const float v : map.points)
    if (!std::isfinite(v)) fail(file.path().string(), ": /mu has a value that is not finite");
  return map;
}

LatentMap of_coordinates(const std::filesystem::path& path) {
  const Coordinates coordinates = read_coordinates(path);
  LatentMap map{coordinates.components, {}};
  for (const std::size_t row : placed_rows(coordinates, path))
    for (const double v : coordinates.row(row)) map.points.push_back(float(v));
  return map;
}

}  // namespace

std::vector<double> LatentMap::axis(std::size_t k) const {
  std::vector<double> values;
  for (std::size_t i = k; i < points.size(); i += dim) values.push_back(points[i]);
  return values;
}

LatentMap read_latent_map(const std::filesystem::path& path, std::size_t dim) {
  const bool latents = h5::File::is_hdf5(path) && h5::File::open(path).exists("/mu");
  LatentMap map = latents ? of_latents(h5::File::open(path)) : of_coordinates(path);
  if (map.dim < dim || (latents && map.dim != dim))
    fail(path.string(), " has ", map.dim, " coordinates a point, the volumes' z ", dim,
         ": the map must be of the space that the volumes were decoded from");
  LatentMap first{dim, {}};
  for (std::size_t i = 0; i < map.count(); ++i)
    for (std::size_t k = 0; k < dim; ++k) first.points.push_back(map.points[i * map.dim + k]);
  return first;
}

}  // namespace spi
