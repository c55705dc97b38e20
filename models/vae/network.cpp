// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/network.h"

#include "libspi/learn/tensors.h"

namespace spi::vae {
namespace {

constexpr std::int64_t kThree = 3, kBlock = 27;
constexpr std::int64_t kSmallest = 6;  ///< edge of the image at which the encoder stops halving
constexpr std::int64_t kJoined = 5;
constexpr double kLeak = 0.1;

at::Tensor activate(const at::Tensor& x) { return at::leaky_relu(x, kLeak); }

at::Tensor same_size_conv3d(const at::Tensor& x, const learn::Layer& layer, Precision precision) {
  return learn::apply(x, layer, precision, [](const auto& in, const auto& w, const auto& b) {
    return at::conv3d(in, w, b, 1, 1);
  });
}

}  // namespace

learn::Layer Network::layer(const std::string& name, const std::vector<std::int64_t>& sizes) {
  return learn::add_layer(*this, name, sizes);
}

Network::Network(const NetworkShape& shape) : shape_(shape) {
  const std::int64_t c = shape.channels;
  std::int64_t edge = shape.size, from = 2, to = c;
  for (int n = 0; edge > kSmallest; ++n) {
    strided_.push_back(layer("encoder_conv" + std::to_string(n), {to, from, kThree, kThree}));
    edge = (edge + 1) / 2;
    from = to;
    to = std::min(2 * to, 4 * c);
  }
  constexpr std::int64_t kJoint = 128, kHidden = 64;
  joint_ = layer("encoder_joint", {kJoint, from * edge * edge + kJoined});
  posterior_ = layer("encoder_posterior", {2 * shape.latent_dim, kJoint});

  std::int64_t cells = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    coarse_[axis] = (shape.box[axis] + 8) / 9;
    cells *= coarse_[axis];
  }
  hidden_ = layer("decoder_hidden", {kHidden, shape.latent_dim});
  wide_ = layer("decoder_wide", {2 * kHidden, kHidden});
  grid_ = layer("decoder_grid", {2 * c * cells, 2 * kHidden});
  coarse_conv_ = layer("decoder_coarse_conv", {2 * c, 2 * c, kThree, kThree, kThree});
  first_up_ = {register_parameter("decoder_first_up_weight", at::zeros({kBlock * c, 2 * c})),
               register_parameter("decoder_first_up_bias", at::zeros({c}))};
  fine_conv_ = layer("decoder_fine_conv", {2 * c, c, kThree, kThree, kThree});
  second_up_ = {register_parameter("decoder_second_up_weight", at::zeros({kBlock, 2 * c})),
                register_parameter("decoder_second_up_bias", at::zeros({1}))};
  base_ = register_buffer("decoder_base", at::zeros({shape.box[0], shape.box[1], shape.box[2]}));
}

void Network::draw(std::uint64_t seed) {
  learn::draw_weights(*this, seed);
  const torch::NoGradGuard no_grad;
  second_up_.weight.mul_(0.1);
  posterior_.weight.mul_(0.3);
  posterior_.bias.slice(0, shape_.latent_dim).fill_(-2);  // log variance
}

void Network::set_mean_volume(const at::Tensor& intensities) {
  const torch::NoGradGuard no_grad;
  // The inverse of softplus, of the amplitude.
  const at::Tensor amplitude = intensities.clamp_min(1e-4).sqrt();
  base_.copy_((amplitude + at::log(-at::expm1(-amplitude))).view_as(base_));
}

Posterior Network::encode(const at::Tensor& image, const at::Tensor& joined) const {
  at::Tensor x = image;
  for (const learn::Layer& l : strided_) x = activate(at::conv2d(x, l.weight, l.bias, 2, 1));
  x = at::cat({x.flatten(1), joined}, 1);
  x = activate(at::linear(x, joint_.weight, joint_.bias));
  const at::Tensor out = at::linear(x, posterior_.weight, posterior_.bias);
  return {out.slice(1, 0, shape_.latent_dim), out.slice(1, shape_.latent_dim).clamp(-16, 4)};
}

/// [B, K, z, y, x] -> [B, C, 3z, 3y, 3x]: block (i, j, k) of channel c is row (c, i, j, k) of the
/// kernel [27 C, K] times the features of its cell.
at::Tensor Network::threefold(const at::Tensor& x, const at::Tensor& kernel,
                              const at::Tensor& bias) const {
  const std::int64_t b = x.size(0), c = kernel.size(0) / kBlock;
  const std::int64_t z = x.size(2), y = x.size(3), w = x.size(4);
  const at::Tensor blocks = at::matmul(kernel, x.flatten(2));
  return blocks.view({b, c, kThree, kThree, kThree, z, y, w})
             .permute({0, 1, 5, 2, 6, 3, 7, 4})
             .reshape({b, c, kThree * z, kThree * y, kThree * w}) +
         bias.view({c, 1, 1, 1});
}

at::Tensor Network::decode(const at::Tensor& z, Precision precision) const {
  at::Tensor x = activate(at::linear(z, hidden_.weight, hidden_.bias));
  x = activate(at::linear(x, wide_.weight, wide_.bias));
  x = activate(at::linear(x, grid_.weight, grid_.bias));
  x = x.view({z.size(0), -1, coarse_[0], coarse_[1], coarse_[2]});
  x = activate(same_size_conv3d(x, coarse_conv_, precision));
  x = activate(threefold(x, first_up_.weight, first_up_.bias));
  x = activate(same_size_conv3d(x, fine_conv_, precision));
  x = threefold(x, second_up_.weight, second_up_.bias).squeeze(1);
  for (std::int64_t axis = 0; axis < 3; ++axis)
    x = x.slice(axis + 1, 0, shape_.box[std::size_t(axis)]);
  return at::softplus(x + base_).square().flatten(1);
}

}  // namespace spi::vae
