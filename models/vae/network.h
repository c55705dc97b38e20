// SPDX-License-Identifier: GPL-3.0-or-later
// Encoder and decoder. Includes LibTorch: for .cpp files of targets with spi_uses_torch().
//
// Encoder: two channels of S×S (network.cpp) through convolutions of stride 2 down to at most 6×6,
// joined with orientation and gain, to mean and log variance.
//
// Decoder: z -> linear layers -> C features on a grid of a ninth of the box along each axis -> a
// 3³ convolution -> threefold -> a 3³ convolution -> threefold -> amplitudes on the free box only.
// "Threefold" is a transposed convolution of stride 3 and kernel 3: a matrix product at the coarse
// grid and a shuffle. At full resolution there is a single channel and no convolution: at 161³ with
// m-3m 2 MB a volume are written, where the whole cube of 8 channels has 133 MB.
#pragma once

#include <array>

#include "libspi/learn/layers.h"
#include "models/vae/options.h"

namespace spi::vae {

struct NetworkShape {
  std::int64_t latent_dim = 1, size = 81, channels = 16;
  std::array<std::int64_t, 3> box{};  ///< {nz, ny, nx} of the free box
};

struct Posterior {
  at::Tensor mean, log_variance;  ///< [B, L]
};

class Network : public torch::nn::Module {
 public:
  explicit Network(const NetworkShape& shape);

  /// Draws the weights by the seed; the decoder then begins near the mean volume, the encoder near
  /// N(0, 1/e²).
  void draw(std::uint64_t seed);
  /// The volume [voxels] of intensities that the decoder varies; positive.
  void set_mean_volume(const at::Tensor& intensities);

  /// image [B, 2, S, S], joined [B, 5]: quaternion and standardised gain.
  Posterior encode(const at::Tensor& image, const at::Tensor& joined) const;
  /// z [B, L] -> intensities [B, voxels] >= 0, in units of the radial mean.
  at::Tensor decode(const at::Tensor& z, Precision precision = Precision::single) const;

 private:
  at::Tensor threefold(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias) const;

  learn::Layer layer(const std::string& name, const std::vector<std::int64_t>& sizes);

  NetworkShape shape_;
  std::array<std::int64_t, 3> coarse_{};
  std::vector<learn::Layer> strided_;
  learn::Layer joint_, posterior_;
  learn::Layer hidden_, wide_, grid_, coarse_conv_, first_up_, fine_conv_, second_up_;
  at::Tensor base_;  ///< [nz, ny, nx] what the last layer adds to
};

}  // namespace spi::vae
