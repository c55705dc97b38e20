// SPDX-License-Identifier: GPL-3.0-or-later
// The regressor from features to coordinates. Includes LibTorch.
#pragma once

#include "libspi/embedding/polar_features.h"
#include "libspi/learn/layers.h"
#include "libspi/learn/trainer.h"

namespace spi {

/// Fully connected layers with rectifiers between them (Zhuang et al. 2022, section 2.2.3: hidden
/// layers of 512, 128, 64 and 32).
class RegressorNetwork : public torch::nn::Module {
 public:
  RegressorNetwork(std::size_t features, const std::vector<std::size_t>& hidden,
                   std::size_t components);
  /// x [n, features] -> [n, components]. With dropout > 0 that part of the hidden values is set to
  /// 0 by the generator.
  at::Tensor forward(at::Tensor x, double dropout = 0, const at::Generator& generator = {});

 private:
  std::vector<learn::Layer> layers_;
};

/// Mean squared error of coordinates in units of their deviation.
class RegressionTask : public learn::Task {
 public:
  /// features [N, F], targets [N, C] on the network's device.
  RegressionTask(RegressorNetwork& network, at::Tensor features, at::Tensor targets, double noise,
                 double dropout);
  torch::nn::Module& module() override { return network_; }
  at::Tensor loss(std::span<const std::size_t> rows, const learn::Step& step,
                  learn::Parts& parts) override;

 private:
  RegressorNetwork& network_;
  at::Tensor features_, targets_;
  double noise_, dropout_;
};

/// The table as a tensor on the CPU.
at::Tensor tensor_of(const FeatureTable& table);

}  // namespace spi
