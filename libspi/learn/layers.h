// SPDX-License-Identifier: GPL-3.0-or-later
// Linear and convolutional layers: their weights as parameters of a module, and what they do.
// Includes LibTorch.
#pragma once

#include <string>
#include <vector>

#include "libspi/learn/precision.h"
#include "libspi/learn/torch.h"

namespace spi::learn {

struct Layer {
  at::Tensor weight, bias;
};

/// Registers NAME_weight of `sizes`, {outputs, inputs, ...}, and NAME_bias, both 0.
inline Layer add_layer(torch::nn::Module& module, const std::string& name,
                       const std::vector<std::int64_t>& sizes) {
  return {module.register_parameter(name + "_weight", at::zeros(sizes)),
          module.register_parameter(name + "_bias", at::zeros({sizes[0]}))};
}

/// operation(x, weight, bias) in that precision; what it takes and gives is in float32.
template <class Operation>
at::Tensor apply(const at::Tensor& x, const Layer& layer, Precision precision,
                 const Operation& operation) {
  if (precision == Precision::single) return operation(x, layer.weight, layer.bias);
  const auto low = at::kBFloat16;
  return operation(x.to(low), layer.weight.to(low), layer.bias.to(low)).to(at::kFloat);
}

inline at::Tensor linear(const at::Tensor& x, const Layer& layer, Precision precision) {
  return apply(x, layer, precision,
               [](const auto& in, const auto& w, const auto& b) { return at::linear(in, w, b); });
}

inline at::Tensor conv2d(const at::Tensor& x, const Layer& layer, std::int64_t stride,
                         std::int64_t padding, Precision precision) {
  return apply(x, layer, precision, [&](const auto& in, const auto& w, const auto& b) {
    return at::conv2d(in, w, b, stride, padding);
  });
}

}  // namespace spi::learn
