// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/objective.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <Eigen/Dense>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/cuda/host_queue.h"
#include "libspi/volume/slicing_on_queue.h"
#include "models/vae/slice_function.h"
#include "models/vae/training.h"
#include "tests/unit/thread_team.h"
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

std::vector<at::Tensor> gradients(Model& model, const PatternSet& set, const VaeOptions& options,
                                  int threads, double* value = nullptr, Team& team = alone()) {
  VaeTask task(model, set, options, {team, threads});
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

/// A device whose memory shrinks whenever it is asked.
struct ScarceQueue : cuda::HostQueue {
  static inline double left = 0, taken = 0;
  static double free_bytes() { return left -= taken; }
};

template <class Queue>
std::unique_ptr<DeviceSlicer> emulated(const Slicer& slicer) {
  return std::make_unique<cuda::SlicingOnQueue<Queue>>(slicer);
}

TEST(SliceFunction, OnADeviceIsThatOfTheProcessor) {
  for (const char* group : {"C1", "C2h", "D3", "m-3m"}) {
    const SmallWorld world(group, kSize, 3, 10);
    const auto there = emulated<cuda::HostQueue>(world.slicer);
    const auto voxels = std::int64_t(world.slicer.box().voxels());
    const at::Tensor volumes = at::rand({3, voxels}).requires_grad_();
    const at::Tensor here = slice_volumes(volumes, world.slicer, world.set.pose, 1);
    const at::Tensor other = slice_volumes(volumes, world.slicer, world.set.pose, 1, there.get());
    const at::Tensor weight = at::rand(here.sizes());
    const auto gradient = [&](const at::Tensor& out) {
      return torch::autograd::grad({(out * weight).sum()}, {volumes})[0];
    };
    // As tests of DeviceSlicer argue.
    EXPECT_LT((here - other).abs().max().item<double>(), 2e-5) << group;
    EXPECT_LT((gradient(here) - gradient(other)).abs().max().item<double>(), 2e-4) << group;
    EXPECT_GT(gradient(other).abs().max().item<double>(), 0.1) << group;
  }
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

/// R of one pattern as objective.h defines it, in double, with C inverted as a whole.
double misfit_by_definition(const std::vector<double>& x, const std::vector<double>& seen,
                            const std::vector<double>& photons, const std::vector<int>& ring,
                            const VaeOptions& options) {
  constexpr double kDark = 0.01;
  const double e2 = options.model_error * options.model_error;
  const auto count = Eigen::Index(x.size());
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(count, count);
  Eigen::VectorXd residual(count);
  double poisson = 0, mse_bce = 0;
  for (Eigen::Index i = 0; i < count; ++i) {
    const auto p = std::size_t(i);
    const double n = photons[p], t = x[p] / (1 + x[p]), u = seen[p] / (1 + seen[p]);
    poisson += n / (1 + 4 * n * e2) *
               (seen[p] - x[p] + x[p] * std::log((x[p] + kDark) / (seen[p] + kDark)));
    mse_bce += ((t - u) * (t - u) + t * std::log((x[p] + kDark) / (seen[p] + kDark)) +
                std::log((1 + seen[p]) / (1 + x[p]))) /
               e2;
    residual[i] = std::sqrt(seen[p] + kDark) - std::sqrt(x[p] + kDark);
    covariance(i, i) = 1 / (4 * n) + e2;
    for (Eigen::Index k = 0; k < count; ++k)
      if (ring[p] == ring[std::size_t(k)])
        covariance(i, k) += *options.ring_error * *options.ring_error;
  }
  if (options.loss == Loss::poisson) return poisson;
  if (options.loss == Loss::mse_bce) return mse_bce;
  return residual.dot(covariance.llt().solve(residual)) / 2;
}

class Losses : public testing::TestWithParam<Loss> {};
INSTANTIATE_TEST_SUITE_P(All, Losses, testing::Values(Loss::poisson, Loss::gaussian, Loss::mse_bce),
                         [](const auto& test) {
                           std::string name(name_of(test.param));
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST_P(Losses, AreAsDefined) {
  const SmallWorld world("C1", kSize, 4, 30);
  VaeOptions options = small_options();
  options.loss = GetParam();
  options.ring_error = 0.07;
  const Model model = new_model(world.set, options, 1, 1, silent_monitor());
  const torch::NoGradGuard no_grad;
  const std::size_t rows[] = {0, 1, 2, 3};
  const Batch batch = make_batch(world.set, rows, model.optics());
  const at::Tensor found =
      objective(*model.network, batch, {}, model.optics(), options).reconstruction;
  const at::Tensor slices =
      slice_volumes(model.network->decode(model.network->encode(batch.image, batch.joined).mean),
                    *model.slicer, batch.pose, 1);
  const std::size_t points = world.set.points.size();
  for (std::size_t b = 0; b < 4; ++b) {
    const auto row = [&](const at::Tensor& tensor) {
      const float* first = tensor.data_ptr<float>() + b * points;
      return std::vector<double>(first, first + points);
    };
    std::vector<int> ring;
    for (const std::uint32_t pixel : world.set.points.pixel)
      ring.push_back(int(std::lround(std::hypot(double(pixel % kSize) - double(kSize / 2),
                                                double(pixel / kSize) - double(kSize / 2)))));
    const double expected =
        misfit_by_definition(row(batch.intensity), row(slices), row(batch.photons), ring, options);
    // Float32 sums of a hundred pixels.
    EXPECT_NEAR(found[std::int64_t(b)].item<double>(), expected, 1e-4 * expected + 1e-4);
  }
}

TEST_P(Losses, GradientIsTheFiniteDifference) {
  const SmallWorld world("C1", kSize, 8, 30);
  VaeOptions options = small_options();
  options.loss = GetParam();
  Model model = new_model(world.set, options, 1, 1, silent_monitor());
  const auto parameters = model.network->parameters();
  {  // Off the kink of the rectifiers, where all unmeasured pixels are while biases are 0.
    const torch::NoGradGuard no_grad;
    torch::manual_seed(1);
    for (const auto& parameter : parameters) parameter.add_(0.02 * torch::randn_like(parameter));
  }
  const auto analytic = gradients(model, world.set, options, 1);
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
        gradients(model, world.set, options, 1, &value);
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
  const auto a = gradients(model, world.set, small_options(), 1, &one),
             b = gradients(model, world.set, small_options(), 3, &three);
  EXPECT_EQ(one, three);
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_TRUE(at::equal(a[k], b[k])) << k;
}

/// All that a device does but for LibTorch's own products: patterns kept there, chunks as large as
/// memory allows, rings by products.
TEST(VaeTask, GradientsOfADeviceAreThoseOfTheProcessor) {
  const SmallWorld world("D3", kSize, 8, 30);
  Model model = new_model(world.set, small_options(), 1, 1, silent_monitor());
  double here = 0;
  const auto expected = gradients(model, world.set, small_options(), 1, &here);
  const auto expect_same = [&](const std::vector<at::Tensor>& found, double value) {
    EXPECT_NEAR(value, here, 1e-5 * here);
    for (std::size_t k = 0; k < expected.size(); ++k)
      // Float32 sums of some hundred pixels and voxels through eight layers, in another order.
      EXPECT_LT((found[k] - expected[k]).norm().item<double>(),
                1e-4 * expected[k].norm().item<double>() + 1e-7)
          << k;
  };
  double value = 0;
  model.move(at::kCPU, emulated<cuda::HostQueue>(*model.slicer));
  const auto kept = gradients(model, world.set, small_options(), 2, &value);
  expect_same(kept, value);

  // Two patterns take 1 kB, 1.5 kB are left: chunks of three, and no room for the patterns.
  ScarceQueue::left = 3500, ScarceQueue::taken = 1000;
  model.move(at::kCPU, emulated<ScarceQueue>(*model.slicer));
  expect_same(gradients(model, world.set, small_options(), 2, &value), value);
  // 10 kB are left: one chunk as before, of the very same numbers.
  ScarceQueue::left = 12000;
  model.move(at::kCPU, emulated<ScarceQueue>(*model.slicer));
  const auto made = gradients(model, world.set, small_options(), 2, &value);
  for (std::size_t k = 0; k < kept.size(); ++k) EXPECT_TRUE(at::equal(made[k], kept[k])) << k;

  test::on_ranks(3, [&](Team& team) {
    Model own = new_model(world.set, small_options(), 1, 1, silent_monitor());
    own.move(at::kCPU, emulated<cuda::HostQueue>(*own.slicer));
    double of_all = 0;
    const auto found = gradients(own, world.set, small_options(), 1, &of_all, team);
    expect_same(found, of_all);
  });

  model.move(at::kCPU, nullptr);
  const auto again = gradients(model, world.set, small_options(), 1);
  for (std::size_t k = 0; k < again.size(); ++k) EXPECT_TRUE(at::equal(again[k], expected[k]));
}

TEST(VaeTask, KeepsToTheMemoryAllowed) {
  const SmallWorld world("C1", kSize, 8, 30);
  VaeOptions options = small_options();
  Model model = new_model(world.set, options, 1, 1, silent_monitor());
  options.max_memory = Memory{1024};  // less than this program has taken already
  EXPECT_THROW(VaeTask(model, world.set, options, {alone(), 2}), UserError);
}

}  // namespace
}  // namespace spi::vae
