// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "libspi/learn/adam.h"
#include "models/intensity_field/field.h"

namespace spi {
namespace {

class Field : public testing::TestWithParam<FieldKind> {};

TEST_P(Field, IsEvenAndVaries) {
  IntensityField field({.kind = GetParam(), .width = 32, .hidden = 2, .extent = 3.});
  field.draw(5);
  const at::Tensor points = at::rand({500, 3}) * 2 - 1;
  const torch::NoGradGuard no_grad;
  const at::Tensor there = field.forward(points), opposite = field.forward(-points);
  // Friedel's law, to the rounding of some 100 sums.
  EXPECT_LT((there - opposite).abs().max().item<double>(), 1e-5);
  EXPECT_GT(there.std().item<double>(), 1e-3);
}

/// A function of the field's own band: fitted by gradients, it is met.
TEST_P(Field, LearnsAnEvenFunction) {
  IntensityField field({.kind = GetParam(), .width = 64, .hidden = 1, .extent = 2.});
  field.draw(5);
  at::manual_seed(1);
  const at::Tensor waves = at::randn({3, 4}) * 5;
  const auto truth = [&](const at::Tensor& q) { return at::cos(at::matmul(q, waves)).sum(1); };
  learn::Adam adam(field, 0);
  for (int step = 0; step < 400; ++step) {
    const at::Tensor q = at::rand({512, 3}) * 2 - 1;
    (field.forward(q) - truth(q)).square().mean().backward();
    adam.step(step < 200 ? 3e-3 : 1e-3);
  }
  const torch::NoGradGuard no_grad;
  const at::Tensor q = at::rand({2000, 3}) * 2 - 1;
  const at::Tensor error = (field.forward(q) - truth(q)).square().mean();
  // The variance of four cosines is 2.
  EXPECT_LT(error.item<double>(), 0.1);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Field,
                         testing::Values(FieldKind::cosine, FieldKind::siren, FieldKind::product));

}  // namespace
}  // namespace spi
