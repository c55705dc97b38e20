// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/intensity_field/field.h"

#include <cmath>
#include <numbers>

#include "libspi/base/random.h"
#include "libspi/learn/tensors.h"

namespace spi {
namespace {

constexpr std::uint32_t kFrequencies = 0x6f01, kPhases = 0x6f02;

/// Rows uniform in the ball of that radius.
void draw_in_ball(at::Tensor rows, double radius, std::uint64_t seed) {
  auto row = rows.accessor<float, 2>();
  for (std::int64_t n = 0; n < row.size(0); ++n) {
    Random random(seed, kFrequencies, std::uint64_t(n));
    double v[3], square;
    do {
      square = 0;
      for (double& x : v) x = 2 * random.uniform() - 1, square += x * x;
    } while (square > 1);
    for (int k = 0; k < 3; ++k) row[n][k] = float(radius * v[k]);
  }
}

/// Phases uniform over the turn: without them a network of sines is odd, and f(q) + f(-q) is 0.
void draw_phases(at::Tensor bias, std::uint64_t seed, std::uint64_t layer) {
  Random random(seed, kPhases, layer);
  auto value = bias.accessor<float, 1>();
  for (std::int64_t n = 0; n < value.size(0); ++n)
    value[n] = float(std::numbers::pi * (2 * random.uniform() - 1));
}

}  // namespace

IntensityField::Net IntensityField::net(const std::string& name, std::size_t hidden) {
  const auto width = std::int64_t(options_.width);
  Net net;
  net.first = learn::add_layer(*this, name + "_first", {width, 3});
  for (std::size_t n = 0; n < hidden; ++n)
    net.hidden.push_back(
        learn::add_layer(*this, name + "_hidden" + std::to_string(n), {width, width}));
  net.last = learn::add_layer(*this, name + "_last", {1, width});
  return net;
}

IntensityField::IntensityField(const FieldOptions& options) : options_(options) {
  large_ = net("field", options.hidden);
  if (options.kind == FieldKind::product)
    small_ = net("factor", options.hidden > 1 ? options.hidden - 1 : 0);
}

void IntensityField::draw(std::uint64_t seed) {
  learn::draw_weights(*this, seed);
  const torch::NoGradGuard no_grad;
  const double radius = 2 * std::numbers::pi * *options_.extent;
  for (Net* net : {&large_, &small_}) {
    if (!net->first.weight.defined()) continue;
    draw_in_ball(net->first.weight, radius, seed + (net == &small_));
    draw_phases(net->first.bias, seed + (net == &small_), 0);
    for (std::size_t n = 0; n < net->hidden.size(); ++n)
      draw_phases(net->hidden[n].bias, seed + (net == &small_), n + 1);
    net->last.weight.mul_(net == &small_ ? 0.02 : 0.2);
  }
}

at::Tensor IntensityField::evaluate(const Net& net, const at::Tensor& points, bool even,
                                    learn::Precision precision) const {
  at::Tensor x = even ? at::cos(at::matmul(points, net.first.weight.t()))
                      : at::sin(at::linear(points, net.first.weight, net.first.bias));
  for (const learn::Layer& layer : net.hidden) x = at::sin(learn::linear(x, layer, precision));
  return at::linear(x, net.last.weight, net.last.bias).squeeze(-1);
}

at::Tensor IntensityField::forward(const at::Tensor& points, learn::Precision precision) const {
  if (options_.kind == FieldKind::cosine) return evaluate(large_, points, true, precision);
  const auto one_side = [&](const at::Tensor& q) {
    const at::Tensor y = evaluate(large_, q, false, precision);
    return small_.first.weight.defined() ? y * at::exp(evaluate(small_, q, false, precision)) : y;
  };
  return one_side(points) + one_side(-points);
}

}  // namespace spi
