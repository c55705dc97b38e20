// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/learn/chunk_gradients.h"

namespace spi::learn {

at::Tensor loss_of(double value, const std::vector<at::Tensor>& parameters,
                   std::vector<Gradients>& parts) {
  at::Tensor carrier;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    at::Tensor& sum = parts[0][k];
    for (std::size_t part = 1; part < parts.size(); ++part) {
      const at::Tensor& more = parts[part][k];
      if (sum.defined() && more.defined())
        sum.add_(more);
      else if (more.defined())
        sum = more;
    }
    if (!sum.defined()) continue;
    const at::Tensor term = at::dot(parameters[k].flatten(), sum.flatten());
    carrier = carrier.defined() ? carrier + term : term;
  }
  return carrier - carrier.detach() + value;
}

}  // namespace spi::learn
