// SPDX-License-Identifier: GPL-3.0-or-later
// A training step the usual way, in stock operations: what ours is measured against.
#pragma once

#include <vector>

#include "libspi/geometry/rotation.h"
#include "libspi/learn/torch.h"

namespace spi::bench {

/// The network of Zhuang et al. (2022), appendix B2: encoder 16-32-64-128 channels, decoder of
/// transposed convolutions 128 and 64 × 9³, 32 × 27³, 16 × 81³ and, for 161, 8 × 161³, to the whole
/// cube; which is averaged over the 48 operations of m-3m and sliced by grid_sample.
class UsualVae : public torch::nn::Module {
 public:
  /// size 81 or 161.
  explicit UsualVae(std::int64_t size);
  /// Squared error + binary cross entropy + KL of patterns [B, 1, S, S] in [0, 1].
  at::Tensor loss(const at::Tensor& patterns, const std::vector<Quaternion>& pose);

 private:
  at::Tensor decode(const at::Tensor& z) const;
  at::Tensor draw(const std::string& name, std::vector<std::int64_t> sizes);

  std::int64_t size_;
  std::vector<at::Tensor> encoder_, decoder_;
  at::Tensor posterior_, grid_;
};

}  // namespace spi::bench
