// SPDX-License-Identifier: GPL-3.0-or-later
// A step's loss from chunks of its rows, which ranks and threads work on. Includes LibTorch.
#pragma once

#include <functional>

#include "libspi/base/team.h"
#include "libspi/learn/torch.h"

namespace spi::learn {

/// By parameter; undefined where there is none.
using Gradients = std::vector<at::Tensor>;

/// What a chunk adds to a step.
struct ChunkLoss {
  std::vector<double> values;  ///< its loss, or the parts of it
  Gradients gradients = {};    ///< of its share of the step's loss, float32
};

/// Who shares the chunks.
struct Hands {
  Team& team;
  int threads = 1;
};

/// All ranks: the sum over `count` chunks of what work(chunk) gives: of its `values` numbers, and
/// of the gradients by these parameters (none: no gradients are wanted). Each chunk is worked on by
/// one thread of one rank. The sum is the same bit for bit whatever the threads and the ranks:
/// numbers are added in the order of the chunks, gradients exactly (base/quantum.h, 2^-50 of the
/// sum over the chunks of the largest element of the parameter's gradient). What is not finite
/// makes its parameter's gradient NaN. Gradients of one rank's device stay there, those of several
/// ranks meet on the processor.
ChunkLoss sum_chunks(std::size_t count, std::size_t values,
                     const std::vector<at::Tensor>& parameters, const Hands& hands,
                     const std::function<ChunkLoss(std::size_t chunk)>& work);

/// [elements] float64: the sum of those that are defined, one at least, where they are. Exact, as
/// sum_chunks() adds them; `bound`: what their largest elements add up to.
at::Tensor exact_sum(const Gradients& terms, double bound);

/// A scalar of that value with these gradients by the parameters.
at::Tensor loss_of(double value, const std::vector<at::Tensor>& parameters,
                   const Gradients& gradients);

}  // namespace spi::learn
