// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/learn/adam.h"

#include <cmath>

namespace spi::learn {

Adam::Adam(torch::nn::Module& module, double weight_decay) : weight_decay_(weight_decay) {
  const torch::NoGradGuard no_grad;
  for (const auto& item : module.named_parameters())
    slots_.push_back(
        {item.key(), item.value(), at::zeros_like(item.value()), at::zeros_like(item.value())});
}

void Adam::step(double learning_rate) {
  constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
  const torch::NoGradGuard no_grad;
  ++steps_;
  const double bias1 = 1 - std::pow(kBeta1, double(steps_));
  const double bias2 = 1 - std::pow(kBeta2, double(steps_));
  for (Slot& slot : slots_) {
    const at::Tensor gradient = slot.parameter.grad();
    if (!gradient.defined()) continue;
    if (slot.parameter.dim() >= 2 && weight_decay_ > 0)
      slot.parameter.mul_(1 - learning_rate * weight_decay_);
    slot.first.mul_(kBeta1).add_(gradient, 1 - kBeta1);
    slot.second.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    const at::Tensor root = (slot.second / bias2).sqrt_().add_(kEpsilon);
    slot.parameter.addcdiv_(slot.first, root, -learning_rate / bias1);
    slot.parameter.mutable_grad().reset();
  }
}

Tensors Adam::state() const {
  Tensors state;
  for (const Slot& slot : slots_) {
    state.emplace_back("first." + slot.name, slot.first.to(at::kCPU, false, true));
    state.emplace_back("second." + slot.name, slot.second.to(at::kCPU, false, true));
  }
  return state;
}

void Adam::set_state(const Tensors& state, std::size_t steps, const std::string& where) {
  const torch::NoGradGuard no_grad;
  const auto find = [&](const std::string& name, at::Tensor& out) {
    for (const auto& [key, tensor] : state)
      if (key == name && tensor.sizes() == out.sizes()) {
        out.copy_(tensor);
        return;
      }
    fail("there is no fitting ", name, " of the optimizer in ", where);
  };
  for (Slot& slot : slots_) {
    find("first." + slot.name, slot.first);
    find("second." + slot.name, slot.second);
  }
  steps_ = steps;
}

}  // namespace spi::learn
