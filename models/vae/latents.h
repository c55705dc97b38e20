// SPDX-License-Identifier: GPL-3.0-or-later
// Where patterns lie in the latent space, in memory and as latents.h5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "libspi/cli/provenance.h"
#include "libspi/io/table.h"

namespace spi::vae {

/// N points of L dimensions: a normal distribution each.
struct Latents {
  std::size_t dim = 0;
  std::vector<std::uint64_t> id = {};  ///< [N]
  std::vector<float> mean = {};        ///< [N][L] μ
  std::vector<float> sigma = {};       ///< [N][L] standard deviation
  std::size_t count() const { return id.size(); }
  /// [N] one coordinate of all means.
  std::vector<double> coordinate(std::size_t axis) const;
};

/// How the latent space is used, axis by axis.
struct LatentAxis {
  double mean = 0, deviation = 0;  ///< of μ over the patterns
  double sigma = 0;                ///< rms of σ
  double divergence = 0;           ///< mean KL divergence from N(0,1), nat
  /// Var(μ) > 0.01 (Burda et al., arXiv 1509.00519): the axis tells patterns apart.
  bool active() const { return deviation * deviation > 0.01; }
};
std::vector<LatentAxis> latent_axes(const Latents& latents);

/// latents.h5 ("spi-latents"): `id` [N] u8, `mu` and `sigma` [N, L] f4.
void write_latents(const std::filesystem::path& path, const Latents& latents,
                   const Provenance& provenance);
/// UserError where shapes do not fit or a number is not finite.
Latents read_latents(const std::filesystem::path& path);

/// Columns id, z1, z2, ..., z1_sigma, ...
std::vector<Column> latents_table(const Latents& latents);

}  // namespace spi::vae
