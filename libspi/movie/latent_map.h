// SPDX-License-Identifier: GPL-3.0-or-later
// The data around a path through a latent space.
#pragma once

#include <filesystem>
#include <vector>

namespace spi {

/// N points of L dimensions.
struct LatentMap {
  std::size_t dim = 0;
  std::vector<float> points = {};  ///< [N][L], finite
  std::size_t count() const { return dim == 0 ? 0 : points.size() / dim; }
  std::vector<double> axis(std::size_t k) const;  ///< [N]
};

/// `mu` of latents.h5, else the coordinates of clpca.h5, embedding.h5 or clusters.h5 (rows that
/// have a place), of which the first `dim`. UserError where there are fewer.
LatentMap read_latent_map(const std::filesystem::path& path, std::size_t dim);

}  // namespace spi
