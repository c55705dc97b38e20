// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/orientation/encoder.h"

#include <gtest/gtest.h>

#include "models/reconstruction/pose_model.h"

namespace spi {
namespace {

EncoderOptions options_of(EncoderKind kind, InPlane in_plane) {
  return {.kind = kind,
          .channels = 8,
          .heads = 2,
          .in_plane = in_plane,
          .axis_radius = 0.5,
          .fluence = true};
}

class Encoder : public testing::TestWithParam<EncoderKind> {};

TEST_P(Encoder, GivesRotations) {
  OrientationEncoder encoder(options_of(GetParam(), InPlane::learned), 24);
  encoder.draw(3);
  at::manual_seed(2);
  const Encoded out = encoder.forward(at::randn({5, 1, 24, 24}));
  ASSERT_EQ(out.rotation.sizes(), (std::vector<std::int64_t>{5, 2, 3, 3}));
  const at::Tensor product = at::matmul(out.rotation, out.rotation.transpose(2, 3));
  EXPECT_LT((product - at::eye(3)).abs().max().item<double>(), 1e-5);
  for (int k = 0; k < 5; ++k)
    EXPECT_NEAR(at::cross(out.rotation[k][1][0], out.rotation[k][1][1], 0)
                    .dot(out.rotation[k][1][2])
                    .item<double>(),
                1, 1e-5);
  // Other images, other rotations; the fluence begins at that of the photons.
  EXPECT_GT((out.rotation[0] - out.rotation[1]).abs().max().item<double>(), 1e-3);
  EXPECT_EQ(out.log_fluence.abs().max().item<double>(), 0);
}

TEST_P(Encoder, ItsGradientsReachEveryWeight) {
  OrientationEncoder encoder(options_of(GetParam(), InPlane::main_axis), 24);
  encoder.draw(3);
  const Encoded out = encoder.forward(at::randn({4, 1, 24, 24}));
  (out.rotation.slice(3, 0, 2).sum() + out.log_fluence.sum()).backward();
  for (const auto& item : encoder.named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_TRUE(at::isfinite(item.value().grad()).all().item<bool>()) << item.key();
  }
}

/// An image turned by 90 degrees is the same view: the rotation turns with it, but for the half
/// turn that a main axis leaves open. Friedel's law makes images symmetric under that half turn.
TEST_P(Encoder, TurnsWithTheImage) {
  OrientationEncoder encoder(options_of(GetParam(), InPlane::main_axis), 24);
  encoder.draw(3);
  at::manual_seed(4);
  const at::Tensor noise = at::randn({6, 1, 24, 24});
  const at::Tensor image = noise + square_copy(noise, 2);
  const torch::NoGradGuard no_grad;
  const at::Tensor here = encoder.forward(image).rotation.select(1, 0);
  const at::Tensor turned = at::matmul(encoder.forward(square_copy(image, 4)).rotation.select(1, 0),
                                       copy_rotation(4).t());
  const at::Tensor half_turn = at::diag(at::tensor({-1.f, -1.f, 1.f}));
  for (int k = 0; k < 6; ++k) {
    const double same = (here[k] - turned[k]).abs().max().item<double>();
    const double other = (here[k] - at::matmul(turned[k], half_turn)).abs().max().item<double>();
    // Interpolation commutes with turns of 90 degrees, to rounding.
    EXPECT_LT(std::min(same, other), 1e-3);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Encoder,
                         testing::Values(EncoderKind::compact, EncoderKind::resnet18,
                                         EncoderKind::filter_bank));

}  // namespace
}  // namespace spi
