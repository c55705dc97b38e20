// SPDX-License-Identifier: GPL-3.0-or-later
// The loss of the auto-encoder on some patterns. Includes LibTorch.
//
// With x the intensity of a pixel over the radial mean, n the effective photons behind x = 1 and x'
// the model's slice: counts n x are Poisson of mean n x', so amplitudes √x have the variance 1/4n;
// the model is allowed an error e (model_error) of each amplitude and one of ρ (ring_error) that
// all pixels of a ring share. Misfit R of a pattern:
//   gaussian  r' C⁻¹ r / 2, r = √x' - √x, C = diag(1/4n + e²) + ρ² within each ring
//   poisson   Σ n (x' - x + x ln(x / x')) / (1 + 4 n e²): the quasi-deviance, no ρ
//   mse-bce   Σ [(t' - t)² + t ln(t / t') + (1 - t) ln((1 - t) / (1 - t'))] / e², t = x / (1 + x),
//             over the measured pixels: squared error and binary cross-entropy (less its least
//             value), as in Zhuang et al. (2022), B2, who do not say how they come to [0, 1]
// with 0.01 added to x and x' under roots and logarithms, which bounds gradients. The loss is
//   mean over patterns of [R + β KL(N(μ, σ²) | N(0, 1))] / P,  z = μ + σ ε.
#pragma once

#include <span>

#include "libspi/volume/device_slicing.h"
#include "libspi/volume/slicing.h"
#include "models/vae/network.h"
#include "models/vae/patterns.h"

namespace spi::vae {

/// The parts of a model that make inputs and predictions.
struct Optics {
  const Slicer* slicer = nullptr;
  std::span<const float> mean_volume;  ///< [voxels] of the free box
  at::Tensor ring;                     ///< [P] whole distance of each pixel from the centre
  double model_error = 0.1;
  double gain_mean = 0, gain_deviation = 1;
  const DeviceSlicer* there = nullptr;  ///< slices for the network, where that is on a device
  at::Tensor ring_members = {};         ///< there [P, rings]: 1 where a pixel is of a ring
};

/// Tensors of some patterns of a set.
struct Batch {
  at::Tensor intensity, photons;  ///< [B, P]
  at::Tensor image;               ///< [B, 2, S, S]: see make_batch
  at::Tensor joined;              ///< [B, 5]
  std::vector<Quaternion> pose;
};

/// Channels of the image: the difference of the measured amplitude √x from that of the mean volume
/// seen in the same orientation, by its significance √(4 n τ) e (0 to 1; 0 where not measured); and
/// the latter less 1. The encoder thus sees what is peculiar to the particle rather than to its
/// orientation.
Batch make_batch(const PatternSet& set, std::span<const std::size_t> rows, const Optics& optics);

struct Objective {
  at::Tensor reconstruction, divergence;  ///< [B] R and KL
};

/// What learns: everything, or the decoder alone from z = μ, ρ then being 0.
enum class Learner { all, decoder };

/// `noise` [B, L]: ε; undefined: z = μ.
Objective objective(const Network& network, const Batch& batch, const at::Tensor& noise,
                    const Optics& optics, const VaeOptions& options,
                    Learner learner = Learner::all);

/// Volume [voxels] of the data's intensities: in each voxel the mean of the pixels that see it,
/// weighted by significance; 1 (the radial mean) where none does.
std::vector<float> mean_volume(const PatternSet& set, const Slicer& slicer, double model_error,
                               int threads, Monitor& monitor);

}  // namespace spi::vae
