// SPDX-License-Identifier: GPL-3.0-or-later
// What programs say and show of a model and its data.
#pragma once

#include "libspi/figures/latent.h"
#include "models/vae/decoding.h"
#include "models/vae/vae.h"

namespace spi::vae {

/// Patterns, pixels and q range in words.
std::string description(const PatternSet& set);

/// Axis by axis how the latent space is used, and the memory this program has needed; the last line
/// of a run.
std::string summary(const Latents& latents);

/// How the order along each axis agrees with that of a column of numbers: |Spearman|. Empty for
/// labels.
std::string agreement(const Latents& latents, const Column& column);

/// Columns z1, z2, ...
std::vector<Column> coordinates(const Latents& latents);

/// Four patterns at even ranks of z1, between its ends, in intensities.
std::vector<Comparison> typical_reconstructions(const Vae& vae, const PatternSet& set);

/// Decodes one volume after the other into volumes.h5 (`z`, `support_count`, q_per_voxel beside)
/// and, where given, an MRC file each; returns their sections.
std::vector<State> decode_all(const Vae& vae, const LatentPoints& points,
                              const std::filesystem::path& path,
                              const std::vector<std::filesystem::path>& series,
                              const Provenance& provenance, int threads, Monitor& monitor);

}  // namespace spi::vae
