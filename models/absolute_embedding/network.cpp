// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/absolute_embedding/network.h"

namespace spi {

RegressorNetwork::RegressorNetwork(std::size_t features, const std::vector<std::size_t>& hidden,
                                   std::size_t components) {
  std::vector<std::size_t> sizes{features};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(components);
  for (std::size_t k = 0; k + 1 < sizes.size(); ++k) {
    const auto in = std::int64_t(sizes[k]), out = std::int64_t(sizes[k + 1]);
    layers_.push_back(learn::add_layer(*this, text_of("layer", k), {out, in}));
  }
}

at::Tensor RegressorNetwork::forward(at::Tensor x, double dropout, const at::Generator& generator) {
  for (std::size_t k = 0; k < layers_.size(); ++k) {
    x = at::linear(x, layers_[k].weight, layers_[k].bias);
    if (k + 1 == layers_.size()) break;
    x = at::relu(x);
    if (dropout > 0)
      x = x * at::empty(x.sizes(), at::kFloat).bernoulli_(1 - dropout, generator).to(x.device()) /
          (1 - dropout);
  }
  return x;
}

RegressionTask::RegressionTask(RegressorNetwork& network, at::Tensor features, at::Tensor targets,
                               double noise, double dropout)
    : network_(network),
      features_(std::move(features)),
      targets_(std::move(targets)),
      noise_(noise),
      dropout_(dropout) {}

at::Tensor RegressionTask::loss(std::span<const std::size_t> rows, const learn::Step& step,
                                learn::Parts&) {
  at::Tensor index = at::empty({std::int64_t(rows.size())}, at::kLong);
  std::copy(rows.begin(), rows.end(), index.data_ptr<std::int64_t>());
  index = index.to(features_.device());
  at::Tensor x = features_.index_select(0, index);
  if (step.training && noise_ > 0)
    x = x + noise_ * at::empty(x.sizes(), at::kFloat).normal_(0, 1, step.generator).to(x.device());
  const at::Tensor y = network_.forward(x, step.training ? dropout_ : 0, step.generator);
  return (y - targets_.index_select(0, index)).square().mean();
}

at::Tensor tensor_of(const FeatureTable& table) {
  at::Tensor tensor =
      at::empty({std::int64_t(table.rows), std::int64_t(table.columns)}, at::kFloat);
  std::copy(table.values.begin(), table.values.end(), tensor.data_ptr<float>());
  return tensor;
}

}  // namespace spi
