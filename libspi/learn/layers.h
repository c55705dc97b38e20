// SPDX-License-Identifier: GPL-3.0-or-later
// Weights of a linear or convolutional layer as parameters of a module. Includes LibTorch.
#pragma once

#include <string>
#include <vector>

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

}  // namespace spi::learn
