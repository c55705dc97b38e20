// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reconstruction/pose_model.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "libspi/learn/runtime.h"
#include "models/reconstruction/training.h"
#include "small_particle.h"

namespace spi {
namespace {

using test::Folder;

struct Scene {
  explicit Scene(NeuralOptions asked, std::optional<double> r_min = {})
      : options(std::move(asked)) {
    test::write_frames(folder / "f.h5", 24, 3000);
    options.field.extent = 4;
    options.field.width = 16;
    options.encoder.channels = 8;
    options.encoder.axis_radius = 0.4;
    FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
    FrameStore store(source, {.r_min = r_min, .full_turn = true}, 100, 0, silent_monitor());
    images = make_images(store, options);
    model = std::make_unique<PoseModel>(options, images.preprocessing);
    model->draw(3);
  }
  const Folder folder;
  NeuralOptions options;
  Images images;
  std::unique_ptr<PoseModel> model;
};

Sampling all_cells(const Images& images, std::int64_t frames) {
  const at::Tensor cells = at::arange(std::int64_t(images.cells()));
  return {cells, cells, at::zeros({frames}, at::kLong), {}};
}

/// A slice in the orientation R, seen in the image h of the square, is the slice in R K.
TEST(SquareCopies, AreSlicesOfTheSameParticle) {
  const Scene scene({});
  const ImageTensors tensors(scene.images);
  const auto s = std::int64_t(scene.images.preprocessing.size);
  const torch::NoGradGuard no_grad;
  const at::Tensor r = rotations_from_6d(at::randn({1, 6}))[0];
  const auto slice = [&](const at::Tensor& rotation) {
    const at::Tensor u = scene.model->field->forward(at::matmul(tensors.points, rotation.t()));
    at::Tensor image = at::full({s, s}, 99.);
    for (std::size_t p = 0; p < scene.images.cells(); ++p)
      image.view({-1})[std::int64_t(scene.images.cell[p])] = u[std::int64_t(p)];
    return image;
  };
  const at::Tensor image = slice(r);
  for (std::int64_t h = 0; h < 8; ++h) {
    const at::Tensor difference = square_copy(image, h) - slice(at::matmul(r, copy_rotation(h)));
    EXPECT_LT(difference.abs().max().item<double>(), 1e-3) << "image " << h;
    for (std::int64_t g = 0; g < 8; ++g)
      EXPECT_TRUE(at::equal(square_copy(square_copy(image, g), h),
                            square_copy(image, compose_copies(h, g))));
  }
}

class PoseLoss : public testing::TestWithParam<IntensityLoss> {};

/// The loss of a frame cell by cell, as the papers write it.
TEST_P(PoseLoss, IsItsDefinition) {
  NeuralOptions options;
  options.loss = GetParam();
  options.copies = 1;
  options.encoder.heads = 1;
  options.encoder.fluence = true;
  const Scene scene(options);
  const ImageTensors tensors(scene.images);
  const std::vector<std::size_t> rows{0, 7};
  const auto batch = tensors.batch(rows);
  const torch::NoGradGuard no_grad;
  const at::Tensor loss =
      pose_loss(*scene.model, tensors, batch, all_cells(scene.images, 2), scene.options);
  const Encoded encoded = scene.model->encoder->forward(batch.image);
  for (std::int64_t k = 0; k < 2; ++k) {
    const std::size_t row = rows[std::size_t(k)];
    std::vector<double> counts(scene.images.cells());
    const BinnedFrames& frames = scene.images.counts;
    for (std::uint64_t e = frames.start[row]; e < frames.start[row + 1]; ++e)
      counts[BinnedFrames::bin_of(frames.entry[e])] += BinnedFrames::count_of(frames.entry[e]);
    const double fluence =
        scene.images.fluence[row] * std::exp(encoded.log_fluence[k].item<double>());
    double sum = 0, weight = 0;
    for (std::size_t p = 0; p < counts.size(); ++p) {
      const auto at_p = std::int64_t(p);
      const at::Tensor q = at::matmul(encoded.rotation[k][0], tensors.points[at_p]);
      const double u = scene.model->field->forward(q.unsqueeze(0)).item<double>();
      const double y = scene.images.mean[p] + scene.images.deviation[p] * u;
      const double n = counts[p] / scene.images.area[p];
      const double error = GetParam() == IntensityLoss::sqrt
                               ? std::sqrt(fluence) * y - std::sqrt(n)
                               : std::log1p(fluence * std::expm1(std::max(0., y))) - std::log1p(n);
      const double scaled = error / scene.images.deviation[p];
      sum += scene.images.area[p] * scaled * scaled;
      weight += scene.images.area[p];
    }
    EXPECT_NEAR(loss[k].item<double>(), sum / weight, 1e-4 * sum / weight);
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, PoseLoss,
                         testing::Values(IntensityLoss::sqrt, IntensityLoss::log));

/// Of several images the loss is the least of what each has alone.
TEST(PoseLoss, IsTheLeastOfTheCopies) {
  NeuralOptions options;
  options.encoder.heads = 1;
  Scene scene(options);
  const ImageTensors tensors(scene.images);
  const std::vector<std::size_t> rows{1, 2, 3, 4, 5};
  const auto batch = tensors.batch(rows);
  const torch::NoGradGuard no_grad;
  std::vector<at::Tensor> alone;
  Sampling sampling = all_cells(scene.images, 5);
  scene.options.copies = 1;
  for (std::int64_t h = 0; h < 4; ++h) {
    sampling.turn = at::full({5}, h, at::kLong);
    alone.push_back(pose_loss(*scene.model, tensors, batch, sampling, scene.options));
  }
  sampling.turn = at::zeros({5}, at::kLong);
  scene.options.copies = 4;
  const at::Tensor least = pose_loss(*scene.model, tensors, batch, sampling, scene.options);
  EXPECT_LT((least - at::stack(alone).amin(0)).abs().max().item<double>(), 1e-5);
}

/// The loss and its gradients do not depend on where they are worked out, but for rounding.
TEST(PoseLoss, IsTheSameOnADevice) {
  if (learn::cuda_devices(nullptr) == 0) GTEST_SKIP() << "no CUDA device";
  NeuralOptions options;
  options.symmetry = "D2";
  const Scene scene(options);
  const std::vector<std::size_t> rows{1, 2, 3, 4, 5};
  const auto step_on = [&](at::Device device) {
    scene.model->to(device);
    const ImageTensors tensors(scene.images, device);
    Sampling sampling = all_cells(scene.images, 5);
    sampling.symmetry = at::arange(5, at::kLong).remainder(scene.model->symmetry_order());
    for (at::Tensor* tensor : {&sampling.cells, &sampling.deciding, &sampling.symmetry})
      *tensor = tensor->to(device);
    const at::Tensor loss =
        pose_loss(*scene.model, tensors, tensors.batch(rows), sampling, scene.options).sum();
    std::vector<at::Tensor> found =
        torch::autograd::grad({loss}, scene.model->parameters(), {}, {}, false, true);
    found.push_back(loss.detach());
    for (at::Tensor& tensor : found)
      if (tensor.defined()) tensor = tensor.to(at::kCPU);
    return found;
  };
  const auto cpu = step_on(at::kCPU), cuda = step_on(at::Device(at::kCUDA, 0));
  for (std::size_t k = 0; k < cpu.size(); ++k) {
    ASSERT_EQ(cpu[k].defined(), cuda[k].defined());
    if (!cpu[k].defined()) continue;
    const double scale = cpu[k].norm().item<double>();
    EXPECT_LT((cpu[k] - cuda[k]).norm().item<double>(), 1e-3 * scale + 1e-6) << "parameter " << k;
  }
}

/// Where nothing is measured within the third of the rim that a march begins with.
TEST(PoseTask, AMarchBeginsWithSomeCells) {
  NeuralOptions options;
  options.march = 1;
  options.training.epochs = 10;
  const Scene scene(options, 8);  // of 16 pixels
  PoseTask task(*scene.model, scene.images, scene.options, {alone(), 1}, silent_monitor());
  const std::vector<std::size_t> rows{1, 2, 3, 4, 5};
  learn::Parts parts;
  const learn::Step first{.generator = at::make_generator<at::CPUGeneratorImpl>(1)};
  EXPECT_TRUE(std::isfinite(task.loss(rows, first, parts).item<double>()));
}

/// Whichever rotation of the group is drawn, a symmetric field would look the same: the rotations
/// are a group about the learned axes.
TEST(PoseModel, ItsSymmetryRotationsAreAGroup) {
  NeuralOptions options;
  options.symmetry = "O";
  const Scene scene(options);
  const torch::NoGradGuard no_grad;
  const at::Tensor g = scene.model->symmetry_rotations();
  ASSERT_EQ(g.size(0), 24);
  for (std::int64_t a = 0; a < 24; ++a) {
    const at::Tensor product = at::matmul(g[a], g[5]);
    double nearest = 9;
    for (std::int64_t b = 0; b < 24; ++b)
      nearest = std::min(nearest, (product - g[b]).abs().max().item<double>());
    EXPECT_LT(nearest, 1e-5);
  }
}

}  // namespace
}  // namespace spi
