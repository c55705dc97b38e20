// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/orientation/encoder.h"

#include <cmath>

#include "libspi/learn/tensors.h"

namespace spi {
namespace {

constexpr std::int64_t kDense = 256;
constexpr std::int64_t kSmallest = 4;  ///< edge at which the compact network stops halving
constexpr double kLeak = 0.1;
constexpr double kFilters[] = {0, 1, 2, 4};  ///< standard deviations in pixels; 0: none

at::Tensor activate(const at::Tensor& x) { return at::leaky_relu(x, kLeak); }

at::Tensor normalise(const at::Tensor& x, const learn::Layer& norm) {
  return at::group_norm(x, std::int64_t(EncoderOptions::kGroups), norm.weight, norm.bias);
}

/// [B] -> [B, 3, 3]: rotations about z.
at::Tensor about_beam(const at::Tensor& angle) {
  const at::Tensor c = at::cos(angle), s = at::sin(angle), o = at::zeros_like(c);
  return at::stack(
      {at::stack({c, -s, o}, 1), at::stack({s, c, o}, 1), at::stack({o, o, at::ones_like(c)}, 1)},
      1);
}

/// A Gaussian [1, 1, 2h+1] of sum 1.
at::Tensor gaussian(double deviation) {
  const auto half = std::int64_t(std::ceil(2.5 * deviation));
  const at::Tensor x = at::arange(-half, half + 1, at::kFloat) / deviation;
  const at::Tensor g = at::exp(-0.5 * x * x);
  return (g / g.sum()).view({1, 1, -1});
}

}  // namespace

at::Tensor rotations_from_6d(const at::Tensor& vectors) {
  constexpr double kTiny = 1e-8;
  const auto unit = [](const at::Tensor& v) { return v / at::sqrt((v * v).sum(-1, true) + kTiny); };
  const at::Tensor a = unit(vectors.slice(1, 0, 3));
  const at::Tensor raw = vectors.slice(1, 3, 6);
  const at::Tensor b = unit(raw - (a * raw).sum(-1, true) * a);
  return at::stack({a, b, at::cross(a, b, 1)}, 1);
}

learn::Layer OrientationEncoder::norm(const std::string& name, std::int64_t channels) {
  return {register_parameter(name + "_scale", at::ones({channels})),
          register_parameter(name + "_bias", at::zeros({channels}))};
}

void OrientationEncoder::build_compact(std::int64_t size) {
  std::int64_t edge = size, from = 1, to = std::int64_t(options_.channels);
  while (edge > kSmallest) {
    convolutions_.push_back(learn::add_layer(
        *this, "encoder_conv" + std::to_string(convolutions_.size()), {to, from, 3, 3}));
    edge = (edge + 1) / 2;
    from = to;
    to = std::min(2 * to, 8 * std::int64_t(options_.channels));
  }
  features_ = from * edge * edge;
}

void OrientationEncoder::build_resnet() {
  const auto c = std::int64_t(options_.channels);
  stem_ = learn::add_layer(*this, "encoder_stem", {c, 1, 7, 7});
  stem_norm_ = norm("encoder_stem_norm", c);
  std::int64_t from = c;
  for (std::int64_t stage = 0; stage < 4; ++stage) {
    const std::int64_t to = c << stage;
    for (int block = 0; block < 2; ++block) {
      const std::string name = "encoder_block" + std::to_string(residuals_.size());
      Residual r;
      r.stride = stage > 0 && block == 0 ? 2 : 1;
      r.first = learn::add_layer(*this, name + "_first", {to, from, 3, 3});
      r.first_norm = norm(name + "_first_norm", to);
      r.second = learn::add_layer(*this, name + "_second", {to, to, 3, 3});
      r.second_norm = norm(name + "_second_norm", to);
      if (from != to) r.shortcut = learn::add_layer(*this, name + "_shortcut", {to, from, 1, 1});
      residuals_.push_back(r);
      from = to;
    }
  }
  features_ = from;
}

void OrientationEncoder::build_filter_bank(std::int64_t size) {
  std::int64_t edge = size, from = std::int64_t(std::size(kFilters));
  for (int stage = 0; stage < 3; ++stage) {
    const auto to = std::int64_t(options_.channels) << stage;
    for (int n = 0; n < 2; ++n, from = to)
      convolutions_.push_back(learn::add_layer(
          *this, "encoder_conv" + std::to_string(convolutions_.size()), {to, from, 3, 3}));
    edge /= 2;
  }
  features_ = from * edge * edge;
}

OrientationEncoder::OrientationEncoder(const EncoderOptions& options, std::size_t size)
    : options_(options) {
  switch (options.kind) {
    case EncoderKind::compact:
      build_compact(std::int64_t(size));
      break;
    case EncoderKind::resnet18:
      build_resnet();
      break;
    case EncoderKind::filter_bank:
      build_filter_bank(std::int64_t(size));
      break;
  }
  if (options.in_plane == InPlane::main_axis) build_main_axis(std::int64_t(size));
  const std::int64_t outputs = 6 * std::int64_t(options.heads) + (options.fluence ? 1 : 0);
  dense_ = {learn::add_layer(*this, "encoder_dense", {kDense, features_}),
            learn::add_layer(*this, "encoder_output", {outputs, kDense})};
}

void OrientationEncoder::build_main_axis(std::int64_t size) {
  const at::Tensor at = (at::arange(size, at::kFloat) + 0.5) * (2.0 / double(size)) - 1;
  const at::Tensor y = at.view({-1, 1}).expand({size, size}).flatten();
  const at::Tensor x = at.view({1, -1}).expand({size, size}).flatten();
  positions_ = at::stack({x, y}, 1);
  const at::Tensor square = x * x + y * y;
  const double inner = *options_.axis_radius;
  const at::Tensor weight = (square < inner * inner).to(at::kFloat) / square.clamp_min(1e-6);
  second_moment_ = at::stack({weight * (x * x - y * y), weight * 2 * x * y}, 1);
}

void OrientationEncoder::draw(std::uint64_t seed) {
  learn::draw_weights(*this, seed);
  const torch::NoGradGuard no_grad;
  for (Residual& r : residuals_) r.second_norm.weight.fill_(0.2);
  if (options_.fluence) dense_.back().weight.slice(0, 6 * std::int64_t(options_.heads)).zero_();
}

at::Tensor OrientationEncoder::filter(const at::Tensor& images) const {
  std::vector<at::Tensor> channels;
  for (const double deviation : kFilters) {
    if (deviation == 0) {
      channels.push_back(images);
      continue;
    }
    const at::Tensor g = gaussian(deviation).to(images.device());
    const std::int64_t half = g.size(2) / 2;
    const at::Tensor none;
    const std::vector<std::int64_t> along{0, half}, down{half, 0};
    const at::Tensor rows = at::conv2d(images, g.view({1, 1, 1, -1}), none, 1, along);
    channels.push_back(at::conv2d(rows, g.view({1, 1, -1, 1}), none, 1, down));
  }
  return at::cat(channels, 1);
}

at::Tensor OrientationEncoder::residual(const Residual& block, const at::Tensor& x,
                                        learn::Precision precision) const {
  at::Tensor y = learn::conv2d(x, block.first, block.stride, 1, precision);
  y = at::relu(normalise(y, block.first_norm));
  y = normalise(learn::conv2d(y, block.second, 1, 1, precision), block.second_norm);
  const at::Tensor around = block.shortcut.weight.defined()
                                ? learn::conv2d(x, block.shortcut, block.stride, 0, precision)
                                : x;
  return at::relu(y + around);
}

at::Tensor OrientationEncoder::features(const at::Tensor& images,
                                        learn::Precision precision) const {
  at::Tensor x = images;
  switch (options_.kind) {
    case EncoderKind::compact:
      for (const auto& layer : convolutions_)
        x = activate(learn::conv2d(x, layer, 2, 1, precision));
      break;
    case EncoderKind::resnet18:
      x = learn::conv2d(x, stem_, 2, 3, precision);
      x = at::max_pool2d(at::relu(normalise(x, stem_norm_)), 3, 2, 1);
      for (const Residual& block : residuals_) x = residual(block, x, precision);
      x = at::adaptive_avg_pool2d(x, {1, 1});
      break;
    case EncoderKind::filter_bank:
      x = filter(x);
      for (std::size_t n = 0; n < convolutions_.size(); ++n) {
        x = at::relu(learn::conv2d(x, convolutions_[n], 1, 1, precision));
        if (n % 2 == 1) x = at::max_pool2d(x, 2, 2);
      }
      break;
  }
  return x.flatten(1);
}

at::Tensor OrientationEncoder::main_axis(const at::Tensor& images) const {
  const at::Tensor moment =
      at::matmul(images.flatten(1), second_moment_.to(images.device()));  // [B, 2]
  return 0.5 * at::atan2(moment.select(1, 1), moment.select(1, 0));
}

at::Tensor OrientationEncoder::turned(const at::Tensor& images, const at::Tensor& angle) const {
  const at::Tensor c = at::cos(angle), s = at::sin(angle);
  const at::Tensor forward = at::stack({at::stack({c, s}, 1), at::stack({-s, c}, 1)}, 1);
  const auto size = images.size(-1);
  const at::Tensor grid =
      at::matmul(positions_.to(images.device()), forward).view({-1, size, size, 2});
  return at::grid_sampler(images, grid, 0, 0, false);
}

Encoded OrientationEncoder::forward(const at::Tensor& images, learn::Precision precision) const {
  const at::Tensor angle =
      options_.in_plane == InPlane::main_axis ? main_axis(images) : at::Tensor();
  at::Tensor x = features(angle.defined() ? turned(images, angle) : images, precision);
  x = activate(learn::linear(x, dense_[0], precision));
  x = at::linear(x, dense_[1].weight, dense_[1].bias);
  const auto heads = std::int64_t(options_.heads), frames = x.size(0);
  at::Tensor rotation = rotations_from_6d(x.slice(1, 0, 6 * heads).reshape({frames * heads, 6}))
                            .view({frames, heads, 3, 3});
  if (angle.defined()) rotation = at::matmul(rotation, about_beam(-angle).unsqueeze(1));
  return {rotation, options_.fluence ? x.slice(1, 6 * heads).squeeze(1) : at::Tensor()};
}

}  // namespace spi
