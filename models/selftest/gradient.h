// SPDX-License-Identifier: GPL-3.0-or-later
// A loss and its gradient as numbers to compare. Includes LibTorch.
#pragma once

#include <torch/csrc/autograd/autograd.h>

#include <vector>

#include "libspi/learn/torch.h"

namespace spi::selftest {

/// The loss, then its gradient by each parameter, as vectors on the CPU in double.
inline std::vector<at::Tensor> loss_and_gradient(const at::Tensor& loss,
                                                 const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> all{loss.detach().reshape({1})};
  for (const at::Tensor& g : torch::autograd::grad({loss}, parameters, {}, {}, false, true))
    all.push_back(g.defined() ? g.flatten() : at::zeros({1}));
  for (at::Tensor& part : all) part = part.to(at::kCPU).to(at::kDouble);
  return all;
}

/// One after the other, each over its RMS in `scale`: so that none is too small to count.
inline std::vector<double> scaled(const std::vector<at::Tensor>& parts,
                                  const std::vector<at::Tensor>& scale) {
  std::vector<double> values;
  for (std::size_t n = 0; n < parts.size(); ++n) {
    const double rms = scale[n].square().mean().sqrt().item<double>();
    const at::Tensor part = (parts[n] / (rms > 0 ? rms : 1)).contiguous();
    values.insert(values.end(), part.data_ptr<double>(), part.data_ptr<double>() + part.numel());
  }
  return values;
}

}  // namespace spi::selftest
