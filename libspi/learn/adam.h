// SPDX-License-Identifier: GPL-3.0-or-later
// AdamW (Loshchilov & Hutter 2019) with a state that can be stored and read by any LibTorch.
#pragma once

#include "libspi/learn/tensors.h"

namespace spi::learn {

class Adam {
 public:
  /// Weight decay acts on tensors of two and more dimensions only.
  Adam(torch::nn::Module& module, double weight_decay);

  /// One step along the gradients, which are then undefined. A parameter without one stays.
  void step(double learning_rate);

  std::size_t steps() const { return steps_; }
  /// Copies of the first and second moments: "first.NAME" and "second.NAME".
  Tensors state() const;
  void set_state(const Tensors& state, std::size_t steps, const std::string& where);

 private:
  struct Slot {
    std::string name;
    at::Tensor parameter, first, second;
  };
  std::vector<Slot> slots_;
  double weight_decay_;
  std::size_t steps_ = 0;
};

}  // namespace spi::learn
