// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/objective.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "models/vae/slice_function.h"
#include "models/vae/training.h"
#include "tests/unit/vae/small_world.h"

namespace spi::vae {
namespace {

constexpr std::size_t kSize = 13;

VaeOptions small_options() {
  VaeOptions options;
  options.size = kSize;
  options.channels = 4;
  options.model_error = 0.1;
  return options;
}

std::vector<at::Tensor> gradients(Model& model, const PatternSet& set, int threads,
                                  double* value = nullptr) {
  VaeTask task(model, set, small_options(), threads);
  std::vector<std::size_t> rows(7);
  for (std::size_t n = 0; n < rows.size(); ++n) rows[n] = n;
  learn::Parts parts;
  const learn::Step step{.generator = at::make_generator<at::CPUGeneratorImpl>(3)};
  const at::Tensor loss = task.loss(rows, step, parts);
  if (value) *value = loss.item<double>();
  return torch::autograd::grad({loss}, model.network->parameters());
}

TEST(SliceFunction, BackwardIsTheAdjoint) {
  const SmallWorld world("D2", kSize, 2, 10);
  const auto voxels = std::int64_t(world.slicer.box().voxels());
  const at::Tensor volumes = at::rand({2, voxels}).requires_grad_();
  const at::Tensor out = slice_volumes(volumes, world.slicer, world.set.pose, 1);
  const at::Tensor weight = at::rand(out.sizes());
  const at::Tensor gradient = torch::autograd::grad({(out * weight).sum()}, {volumes})[0];
  std::vector<float> expected(std::size_t(2 * voxels));
  world.slicer.adjoint({weight.data_ptr<float>(), std::size_t(weight.numel())}, world.set.pose,
                       expected, 1);
  for (std::int64_t i = 0; i < gradient.numel(); ++i)
    ASSERT_EQ(gradient.data_ptr<float>()[i], expected[std::size_t(i)]);
}

TEST(Network, BeginsAtTheMeanVolume) {
  const SmallWorld world("Oh", kSize, 20, 100);
  const Model model = new_model(world.set, small_options(), 1, 1, silent_monitor());
  const torch::NoGradGuard no_grad;
  const at::Tensor box = model.network->decode(at::zeros({1, 1}));
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < model.mean_volume.size(); ++i) {
    difference += std::pow(box.data_ptr<float>()[i] - model.mean_volume[i], 2);
    size += std::pow(model.mean_volume[i], 2);
  }
  EXPECT_LT(std::sqrt(difference / size), 0.2);  // a tenth in the weights of the last layer
}

TEST(Objective, GradientIsTheFiniteDifference) {
  const SmallWorld world("C1", kSize, 8, 30);
  Model model = new_model(world.set, small_options(), 1, 1, silent_monitor());
  const auto parameters = model.network->parameters();
  {  // Off the kink of the rectifiers, where all unmeasured pixels are while biases are 0.
    const torch::NoGradGuard no_grad;
    torch::manual_seed(1);
    for (const auto& parameter : parameters) parameter.add_(0.02 * torch::randn_like(parameter));
  }
  const auto analytic = gradients(model, world.set, 1);
  // Along the gradient itself, tensor by tensor: d loss = |g| per unit step.
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const double norm = analytic[k].norm().item<double>();
    if (norm < 1e-5) continue;
    const torch::NoGradGuard no_grad;
    const double step = 0.002;
    const auto value_at = [&](double along) {
      parameters[k].add_(analytic[k], along / norm);
      double value = 0;
      {
        const at::AutoGradMode on(true);
        gradients(model, world.set, 1, &value);
      }
      parameters[k].sub_(analytic[k], along / norm);
      return value;
    };
    const double difference = (value_at(step) - value_at(-step)) / (2 * step);
    // Leaky rectifiers bend, and float32 sums of a thousand pixels are good to 1e-6 of the loss.
    EXPECT_NEAR(difference, norm, 0.05 * norm + 2e-3) << k;
  }
}

TEST(VaeTask, GradientsDoNotDependOnTheThreads) {
  const SmallWorld world("Oh", kSize, 8, 30);
  Model model = new_model(world.set, small_options(), 1, 1, silent_monitor());
  double one = 0, three = 0;
  const auto a = gradients(model, world.set, 1, &one), b = gradients(model, world.set, 3, &three);
  EXPECT_EQ(one, three);
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_TRUE(at::equal(a[k], b[k])) << k;
}

}  // namespace
}  // namespace spi::vae
