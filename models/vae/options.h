// SPDX-License-Identifier: GPL-3.0-or-later
// What the variational auto-encoder is asked to be and how it is trained.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "libspi/base/options.h"
#include "libspi/learn/precision.h"
#include "libspi/learn/training.h"

namespace spi::vae {

/// What a slice is held against a pattern by; see objective.h.
enum class Loss { poisson, gaussian, mse_bce };

/// Of the decoder's 3D convolutions while training.
using learn::Precision;

}  // namespace spi::vae

namespace spi {
template <>
struct EnumNames<vae::Loss> {
  static constexpr std::array<std::string_view, 3> values{"poisson", "gaussian", "mse-bce"};
};
}  // namespace spi

namespace spi::vae {

struct VaeOptions {
  std::size_t latent_dim = 1;
  std::size_t size = 81;                       ///< voxels along an edge of the whole cube, odd
  std::optional<std::string> symmetry = {};    ///< auto: of the orientations
  std::optional<ReciprocalLength> q_max = {};  ///< auto: the edge of the patterns
  std::optional<ReciprocalLength> q_per_pixel = {};  ///< auto: the file's
  std::optional<Energy> photon_energy = {};          ///< auto: the file's, else flat
  Loss loss = Loss::gaussian;
  std::optional<double> kl_weight = {};  ///< auto: used_kl_weight()
  double warm_up = 0.3;               ///< part of the epochs over which the KL weight grows from 0
  std::optional<double> settle = {};  ///< auto: used_settle()
  double model_error = 0.04;          ///< of an amplitude, relative to the ring's rms
  std::optional<double> ring_error = {};  ///< auto: used_ring_error()
  std::size_t channels = 16;
  learn::TrainingOptions training{.epochs = 8,
                                  .batch_size = 10,
                                  .learning_rate = 2e-3,
                                  .rate_warm_up = 0,
                                  .weight_decay = 0,
                                  .validation = 0.05,
                                  .patience = 0};
  Precision precision = Precision::single;
  std::optional<Memory> max_memory = {};  ///< auto: what is available

  void describe(OptionSet& options);
  /// What was given, or what was measured to serve (docs/decisions/vae-weights.md): one axis keeps
  /// to the strongest variation, which is to be the shape; several leave room for weaker ones.
  double used_kl_weight() const { return kl_weight.value_or(latent_dim == 1 ? 100 : 60); }
  double used_settle() const { return settle.value_or(latent_dim == 1 ? 0.35 : 0); }
  double used_ring_error() const { return ring_error.value_or(latent_dim == 1 ? model_error : 0); }
};

}  // namespace spi::vae
