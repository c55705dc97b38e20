// SPDX-License-Identifier: GPL-3.0-or-later
// All that a trained auto-encoder is, and its file. Includes LibTorch; tools use vae.h.
#pragma once

#include <filesystem>
#include <memory>

#include "libspi/cli/provenance.h"
#include "libspi/learn/chunk_gradients.h"
#include "models/vae/latents.h"
#include "models/vae/objective.h"

namespace spi::vae {

struct Model {
  std::string symmetry;
  Preprocessing preprocessing;
  NetworkShape shape;
  at::Tensor ring;  ///< [P] see Optics
  double model_error = 0.1, gain_mean = 0, gain_deviation = 1;
  std::vector<float> mean_volume;  ///< [voxels]
  std::unique_ptr<Slicer> slicer;
  std::shared_ptr<Network> network;
  at::Device device = at::kCPU;         ///< of the network
  std::unique_ptr<DeviceSlicer> there;  ///< of a device that it is on
  at::Tensor ring_members;              ///< see Optics
  Latents latents;                      ///< of the patterns it was trained on

  /// Slicer and network for what the fields above say.
  void build();
  /// The network goes to a device, on which `slices`, made of `slicer`, does what the objective
  /// needs; without it back to the processor.
  void move(at::Device where, std::unique_ptr<DeviceSlicer> slices);
  Optics optics() const {
    return {slicer.get(), mean_volume,    ring,        model_error,
            gain_mean,    gain_deviation, there.get(), ring_members};
  }
};

void write_model(const std::filesystem::path& path, const Model& model,
                 const Provenance& provenance);
/// UserError where the file is not a model, is damaged, or has numbers that are not finite.
Model read_model(const std::filesystem::path& path);

/// Patterns worked on at once by one thread: fixed, so that sums do not depend on the threads; two
/// at least, as LibTorch's convolutions are slow on one. [first, last) pairs that cover n rows.
std::vector<std::pair<std::size_t, std::size_t>> chunks(std::size_t n);

/// All ranks, each of which does its part of the chunks.
Latents encode(const Model& model, const PatternSet& set, const learn::Hands& hands,
               Monitor& monitor);

}  // namespace spi::vae
