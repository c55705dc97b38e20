// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/usual_vae.h"

#include <array>

namespace spi::bench {
namespace {

/// The mean over all permutations and reflections of the axes.
at::Tensor average_copies(const at::Tensor& cubes) {
  at::Tensor sum;
  for (const std::array<std::int64_t, 3>& order : {std::array<std::int64_t, 3>{2, 3, 4},
                                                   {2, 4, 3},
                                                   {3, 2, 4},
                                                   {3, 4, 2},
                                                   {4, 2, 3},
                                                   {4, 3, 2}})
    for (int signs = 0; signs < 8; ++signs) {
      std::vector<std::int64_t> flipped;
      for (int axis = 0; axis < 3; ++axis)
        if (signs >> axis & 1) flipped.push_back(2 + axis);
      const at::Tensor copy = cubes.permute({0, 1, order[0], order[1], order[2]}).flip(flipped);
      sum = sum.defined() ? sum + copy : copy;
    }
  return sum / 48;
}

/// Sampling points [B, 1, S, S, 3] of central planes, in grid_sample's units.
at::Tensor planes(std::int64_t size, const std::vector<Quaternion>& pose) {
  at::Tensor points = at::empty({std::int64_t(pose.size()), 1, size, size, 3});
  float* p = points.data_ptr<float>();
  const double half = double(size / 2);
  for (const Quaternion& q : pose)
    for (std::int64_t y = 0; y < size; ++y)
      for (std::int64_t x = 0; x < size; ++x)
        for (const double v :
             rotate(q, Vector3{(double(x) - half) / half, (double(y) - half) / half, 0}))
          *p++ = float(v);
  return points;
}

}  // namespace

at::Tensor UsualVae::draw(const std::string& name, std::vector<std::int64_t> sizes) {
  return register_parameter(name, at::randn(sizes) * 0.05);
}

UsualVae::UsualVae(std::int64_t size) : size_(size) {
  std::int64_t from = 1;
  for (const std::int64_t to : {16, 32, 64, 128}) {
    encoder_.push_back(draw("encoder" + std::to_string(to), {to, from, 3, 3}));
    from = to;
  }
  posterior_ = draw("posterior", {2, 128 * 9 * 9});
  grid_ = draw("grid", {128 * 9 * 9 * 9, 1});
  const std::vector<std::int64_t> channels = size == 81
                                                 ? std::vector<std::int64_t>{128, 64, 32, 16, 1}
                                                 : std::vector<std::int64_t>{128, 64, 32, 16, 8, 1};
  for (std::size_t n = 0; n + 1 < channels.size(); ++n)
    decoder_.push_back(
        draw("decoder" + std::to_string(n), {channels[n], channels[n + 1], 3, 3, 3}));
}

at::Tensor UsualVae::decode(const at::Tensor& z) const {
  at::Tensor x = at::leaky_relu(at::linear(z, grid_).view({-1, 128, 9, 9, 9}));
  for (std::size_t n = 0; n < decoder_.size(); ++n) {
    // 9 -> 9 -> 27 -> 81 (-> 161) -> the same, to one channel
    const bool threefold = n == 1 || n == 2, twofold = size_ == 161 && n == 3;
    const std::int64_t stride = threefold ? 3 : twofold ? 2 : 1;
    x = at::conv_transpose3d(x, decoder_[n], {}, stride, threefold ? 0 : 1);
    x = n + 1 == decoder_.size() ? at::sigmoid(x) : at::leaky_relu(x);
  }
  return x;
}

at::Tensor UsualVae::loss(const at::Tensor& patterns, const std::vector<Quaternion>& pose) {
  at::Tensor x = patterns;
  for (const at::Tensor& kernel : encoder_)
    x = at::leaky_relu(at::conv2d(x, kernel, {}, kernel.size(0) == 16 ? 1 : 2, 1));
  x = at::linear(at::adaptive_avg_pool2d(x, {9, 9}).flatten(1), posterior_);
  const at::Tensor mean = x.slice(1, 0, 1), log_variance = x.slice(1, 1);
  const at::Tensor z = mean + (log_variance / 2).exp() * at::randn_like(mean);
  const at::Tensor seen =
      at::grid_sampler(average_copies(decode(z)), planes(size_, pose), 0, 0, true)
          .view_as(patterns);
  return at::mse_loss(seen, patterns, at::Reduction::Sum) +
         at::binary_cross_entropy(seen.clamp(1e-6, 1 - 1e-6), patterns, {}, at::Reduction::Sum) +
         (mean.square() + log_variance.exp() - 1 - log_variance).sum() / 2;
}

}  // namespace spi::bench
