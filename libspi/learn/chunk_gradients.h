// SPDX-License-Identifier: GPL-3.0-or-later
// A step's loss from parts that threads worked on by themselves. Includes LibTorch.
#pragma once

#include "libspi/learn/torch.h"

namespace spi::learn {

/// Gradients of a part's share of the loss by parameter; undefined where it has none.
using Gradients = std::vector<at::Tensor>;

/// A scalar of that value whose gradient is the sum of the parts', added in their order: it does
/// not depend on how many threads made them. Overwrites the first part.
at::Tensor loss_of(double value, const std::vector<at::Tensor>& parameters,
                   std::vector<Gradients>& parts);

}  // namespace spi::learn
