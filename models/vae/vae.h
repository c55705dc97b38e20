// SPDX-License-Identifier: GPL-3.0-or-later
// The variational auto-encoder as tools see it: trained, stored, encoding, decoding. Without
// LibTorch in its interface.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "libspi/base/device.h"
#include "libspi/cli/provenance.h"
#include "models/vae/latents.h"
#include "models/vae/patterns.h"

namespace spi::vae {

struct Model;

/// A trained model. Thread-safe in its const members.
class Vae {
 public:
  explicit Vae(Model model);
  Vae(Vae&&) noexcept;
  Vae& operator=(Vae&&) noexcept;
  ~Vae();

  /// UserError where the file is not a model, is damaged, or has numbers that are not finite.
  static Vae load(const std::filesystem::path& path);
  /// vae.pt ("spi-vae"): an HDF5 file of weights, preprocessing, mean volume and training latents.
  void save(const std::filesystem::path& path, const Provenance& provenance) const;

  std::size_t latent_dim() const;
  const std::string& symmetry() const;
  const Preprocessing& preprocessing() const;
  /// Of the patterns it was trained on.
  const Latents& training_latents() const;

  Latents encode(const PatternSet& set, int threads, Monitor& monitor) const;
  /// The symmetrised intensities [S][S][S] of a point z [L], radial mean multiplied back; 0 where
  /// the distance from the centre rounds to more than S/2 voxels: the model knows nothing there.
  std::vector<float> decode(std::span<const double> z, int threads) const;
  /// Intensities [P] of pattern `row` as the model sees it from its mean, in units of the radial
  /// mean.
  std::vector<float> reconstruct(const PatternSet& set, std::size_t row) const;

 private:
  std::unique_ptr<Model> model_;
};

/// Receives epoch (from 1) and the latents of all patterns with the weights as they are then; all
/// ranks call it.
using EpochViewer = std::function<void(std::size_t epoch, const Latents& latents)>;

/// Trains on `set` as `options` say; `history` receives the losses. All ranks of run.team. Training
/// is on that CUDA device, or on the processor; what comes before and after is on the processor.
Vae train(const PatternSet& set, const VaeOptions& options, const learn::Run& run, int threads,
          learn::History& history, Monitor& monitor, const EpochViewer& each_epoch = {},
          std::optional<std::size_t> cuda_device = {});

/// Devices that training can use: it needs LibTorch's CUDA and the kernels. A CudaCount.
int cuda_devices(std::string* why);

}  // namespace spi::vae
