// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/averages.h"

#include "libspi/io/stack.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;

using Averages = test::InFolder;

const std::vector<float> kIntensity{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
const std::vector<float> kWeight{1, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 1};

TEST_F(Averages, ReadBackWhatWasWritten) {
  AveragesWriter writer(at("a.h5"),
                        {.rows = 2, .columns = 3, .q_per_pixel = 0.002, .wavelength_A = 2.5}, {});
  writer.append(std::span(kIntensity).first(6), std::span(kWeight).first(6));
  writer.append(std::span(kIntensity).last(6), std::span(kWeight).last(6));
  writer.file().write("/polar/q", std::vector<double>{0.1, 0.2});
  writer.finish({.id = {7, 9}, .occupancy = {10, 20}, .bootstrap_run = {0, 1}});
  const auto stack = open_stack(at("a.h5"), {});
  EXPECT_EQ(stack->info().kind, "spi averages");
  EXPECT_TRUE(stack->info().is_average);
  EXPECT_EQ(stack->info().q_per_pixel, 0.002);
  EXPECT_EQ(stack->info().wavelength_A, 2.5);
  EXPECT_EQ(*stack->info().centre, (std::array<double, 2>{1, 1}));  // (3/2, 2/2) rounded down
  EXPECT_EQ(stack->ids(), (std::vector<std::uint64_t>{7, 9}));
  const Patterns patterns = stack->read(0, 2);
  EXPECT_EQ(patterns.intensity, kIntensity);
  EXPECT_EQ(patterns.weight, kWeight);
}

TEST_F(Averages, SingleShotsAndCentreAreKept) {
  AveragesWriter writer(
      at("s.h5"), {.rows = 4, .columns = 3, .centre = {{1.25, 0.5}}, .single_shots = true}, {});
  writer.append(kIntensity, kWeight);
  writer.finish();
  const auto stack = open_stack(at("s.h5"), {});
  EXPECT_FALSE(stack->info().is_average);
  EXPECT_EQ(*stack->info().centre, (std::array<double, 2>{1.25, 0.5}));
  EXPECT_FALSE(stack->info().q_per_pixel);
}

TEST_F(Averages, WeightOfAnotherShapeIsRefused) {
  h5::File file = h5::File::create(at("a.h5"));
  file.set_attribute("/", "format", "spi-averages");
  file.set_attribute("/", "format_version", std::int64_t{1});
  file.write("/intensity", kIntensity, {2, 2, 3});
  file.write("/weight", kWeight, {2, 3, 2});
  file.close();
  expect_error([&] { open_stack(at("a.h5"), {}); }, {"/weight has shape (2, 3, 2)"});
}

TEST_F(Averages, IntensitiesThatAreNoPatternsAreRefused) {
  for (const h5::Shape& shape : {h5::Shape{}, {12}, {3, 4}, {1, 2, 2, 3}}) {
    h5::File file = h5::File::create(at("a.h5"));
    file.set_attribute("/", "format", "spi-averages");
    file.set_attribute("/", "format_version", std::int64_t{1});
    file.write("/intensity", std::vector<float>(h5::element_count(shape), 1.f), shape);
    file.close();
    expect_error([&] { open_stack(at("a.h5"), {}); },
                 {"/intensity has shape " + h5::print(shape), "(N, S, S)"});
  }
}

TEST_F(Averages, MaskedPixelsMayHaveAnyWeight) {
  std::vector<float> weight = kWeight;
  weight[2] = weight[8] = std::nanf("");
  AveragesWriter writer(at("a.h5"), {.rows = 2, .columns = 3}, {});
  writer.append(kIntensity, weight);
  writer.finish();
  test::write_bytes(at("mask.byt"), std::vector<std::uint8_t>{0, 0, 1, 0, 0, 0});
  const Patterns patterns = open_stack(at("a.h5"), {.mask = at("mask.byt").string()})->read(0, 2);
  EXPECT_EQ(patterns.weight[8], 0);
  expect_error([&] { open_stack(at("a.h5"), {})->read(0, 2); }, {"weight", "not finite"});
}

TEST_F(Averages, NewerFormatIsRefused) {
  h5::File file = h5::File::create(at("a.h5"));
  file.set_attribute("/", "format", "spi-averages");
  file.set_attribute("/", "format_version", std::int64_t{99});
  file.close();
  expect_error([&] { open_stack(at("a.h5"), {}); }, {"format version 99", "newer spi"});
}

}  // namespace
}  // namespace spi
