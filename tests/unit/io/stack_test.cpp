// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/stack.h"
#include "libspi/io/table.h"

#include <fstream>
#include <limits>
#include <numeric>

#include "libspi/io/hdf5.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;

/// Stacks of patterns of 2 × 3 pixels.
class Stacks : public test::InFolder {
 protected:
  template <class Fill>
  std::filesystem::path make(Fill&& fill) {
    h5::File file = h5::File::create(at("s.h5"));
    fill(file);
    file.close();
    return at("s.h5");
  }
  std::filesystem::path plain(std::vector<float> values) {
    return make([&](h5::File& file) {
      file.write("/entry/data", values, {values.size() / 6, 2, 3});
    });
  }
  Patterns read(const StackOptions& options = {}) {
    return open_stack(at("s.h5"), options)->read(0, 2);
  }

  const std::vector<float> values_{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
};

TEST_F(Stacks, PlainStackIsFoundByItself) {
  make([&](h5::File& file) {
    file.write("/a/patterns", std::vector<std::int64_t>(values_.begin(), values_.end()), {2, 2, 3});
    file.write("/labels", std::vector<double>{0, 1});
    file.write("/a/mask", std::vector<double>{0, 1, 0, 0, 0, 0}, {2, 3});
  });
  const auto stack = open_stack(at("s.h5"), {});
  EXPECT_EQ(stack->info().count, 2u);
  EXPECT_EQ(stack->info().rows, 2u);
  EXPECT_EQ(stack->info().columns, 3u);
  EXPECT_EQ(stack->info().kind, "HDF5 stack /a/patterns");
  EXPECT_FALSE(stack->info().centre);
  EXPECT_FALSE(stack->info().is_average);
  EXPECT_EQ(stack->ids(), (std::vector<std::uint64_t>{0, 1}));
  const Patterns second = stack->read(1, 5);
  EXPECT_EQ(second.count, 1u);
  EXPECT_EQ(second.weight, (std::vector<float>{1, 0, 1, 1, 1, 1}));
  EXPECT_EQ(second.intensity, (std::vector<float>{7, 0, 9, 10, 11, 12}));
}

TEST_F(Stacks, SeveralOrNoStacksListTheCandidates) {
  make([&](h5::File& file) {
    file.write("/one", values_, {2, 2, 3});
    file.write("/two", values_, {2, 2, 3});
    file.write("/plane", values_, {4, 3});
  });
  expect_error([&] { read(); }, {"--dataset", "/one (2, 2, 3)", "/two (2, 2, 3)"});
  EXPECT_EQ(read({.dataset = "/two"}).intensity, values_);
  EXPECT_EQ(open_stack(at("s.h5"), {.dataset = "/plane"})->info().count, 1u);
  make([&](h5::File& file) { file.write("/plane", values_, {4, 3}); });
  expect_error([&] { read(); }, {"no three-dimensional dataset", "/plane (4, 3)"});
  expect_error([&] { read({.dataset = "/absent"}); }, {"no dataset /absent"});
  make([&](h5::File& file) { file.write("/line", values_); });
  expect_error([&] { read({.dataset = "/line"}); }, {"/line has shape (12)", "three dimensions"});
}

TEST_F(Stacks, InvalidPixelsAreNamedOrMasked) {
  auto values = values_;
  values[10] = std::numeric_limits<float>::quiet_NaN();
  plain(values);
  expect_error([&] { read(); }, {"s.h5: pattern 1 has a value that is not finite at (y 1, x 1)",
                                 "--mask", "--mask-invalid"});
  Patterns masked = read({.mask_invalid = true});
  EXPECT_EQ(masked.invalid_pixels, 1u);
  EXPECT_EQ(masked.weight[10], 0);
  EXPECT_EQ(masked.intensity[10], 0);
  values[10] = -2;
  plain(values);
  expect_error([&] { read(); }, {"pattern 1", "negative (-2) at (y 1, x 1)", "--mask-invalid"});
  values[10] = std::numeric_limits<float>::infinity();
  plain(values);
  expect_error([&] { read(); }, {"not finite"});
  make([&](h5::File& file) {
    file.write("/entry/data", values, {2, 2, 3});
    file.write("/mask", std::vector<std::uint8_t>{0, 0, 0, 0, 1, 0}, {2, 3});
  });
  EXPECT_EQ(read().invalid_pixels, 0u);  // masked pixels may hold anything
}

TEST_F(Stacks, EmptyPatternsAreNamedOrLeftOut) {
  plain({0, 0, 0, 0, 0, 0, 7, 8, 9, 10, 11, 12});
  expect_error([&] { read(); }, {"s.h5: pattern 0 is empty (all zero)", "--skip-empty"});
  auto stack = open_stack(at("s.h5"), {.skip_empty = true});
  EXPECT_EQ(stack->info().count, 1u);
  EXPECT_EQ(stack->info().skipped, 1u);
  EXPECT_EQ(stack->ids(), std::vector<std::uint64_t>{1});
  EXPECT_EQ(stack->read(0, 2).intensity, (std::vector<float>{7, 8, 9, 10, 11, 12}));
  stack.reset();
  plain(std::vector<float>(12));
  expect_error([&] { open_stack(at("s.h5"), {.skip_empty = true}); }, {"every pattern is empty"});
}

TEST_F(Stacks, OnlySelectedPatternsAreThere) {
  plain({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  std::ofstream(at("ids.txt")) << "# ids of averages\n1\n";
  const auto stack = open_stack(at("s.h5"), {.selection = at("ids.txt")});
  EXPECT_EQ(stack->info().count, 1u);
  EXPECT_EQ(stack->info().skipped, 0u);
  EXPECT_EQ(stack->ids(), std::vector<std::uint64_t>{1});
  EXPECT_EQ(stack->kept().row, std::vector<std::size_t>{1});
  EXPECT_EQ(stack->kept().total, 2u);
  EXPECT_EQ(stack->read(0, 2).intensity, (std::vector<float>{7, 8, 9, 10, 11, 12}));
  {
    h5::File file = h5::File::create(at("columns.h5"));
    file.write("/size", std::vector<double>{5, 6});
    file.write("/gain", std::vector<double>{7});
    file.write("/wrong", std::vector<double>{1, 2, 3});
  }
  const std::string columns = at("columns.h5").string() + ":";
  EXPECT_EQ(read_column(columns + "size", at("s.h5"), stack->kept()).values,
            std::vector<double>{6});
  EXPECT_EQ(read_column(columns + "gain", at("s.h5"), stack->kept()).values,
            std::vector<double>{7});
  expect_error([&] { read_column(columns + "wrong", at("s.h5"), stack->kept()); }, {"3 values"});
  std::ofstream(at("ids.txt")) << "77\n";
  expect_error([&] { open_stack(at("s.h5"), {.selection = at("ids.txt")}); }, {"ids.txt"});
}

TEST_F(Stacks, RowsThatFollowOneAnotherAreReadAsTheyAreAlone) {
  std::vector<float> values(8 * 6);
  std::iota(values.begin(), values.end(), 1.f);
  plain(values);
  std::ofstream(at("ids.txt")) << "1\n2\n4\n5\n6\n";
  const auto stack = open_stack(at("s.h5"), {.selection = at("ids.txt")});
  for (std::size_t first = 0; first < 5; ++first) {
    std::vector<float> expected;
    for (const std::size_t row : stack->kept().row)
      if (row >= stack->kept().row[first])
        for (std::size_t k = 0; k < 6; ++k) expected.push_back(values[6 * row + k]);
    const Patterns read = stack->read(first, 9);
    EXPECT_EQ(read.intensity, expected) << first;
    EXPECT_EQ(read.count, 5 - first);
  }
  EXPECT_EQ(stack->read(5, 1).count, 0u);
}

TEST_F(Stacks, MasksOfAnotherShapeAreRefused) {
  make([&](h5::File& file) {
    file.write("/data", values_, {2, 2, 3});
    file.write("/mask", std::vector<std::uint8_t>(6), {3, 2});
    file.write("/flat", std::vector<std::uint8_t>(6));
  });
  expect_error([&] { read(); }, {"2 x 3", "/mask (3, 2)", "--mask none"});
  EXPECT_EQ(read({.mask = "none"}).intensity, values_);
  expect_error([&] { read({.mask = "/flat"}); }, {"/flat has shape (6)", "2 x 3"});
  expect_error([&] { read({.mask = "/absent"}); }, {"--mask /absent", "neither"});
}

TEST_F(Stacks, MasksAreReadByTheirConvention) {
  make([&](h5::File& file) {
    file.write("/data", values_, {2, 2, 3});
    file.write("/mask", std::vector<std::uint8_t>(6, 0), {2, 3});
    file.write("/levels", std::vector<std::int32_t>{0, 1, 2, 0, 0, 0}, {2, 3});
    file.write("/bits", std::vector<std::uint32_t>{0, 1024, 0, 32, 0, 0}, {2, 3});
    file.write("/parts", std::vector<float>{0, 0.5, 0, 0, 0, 0}, {2, 3});
  });
  expect_error([&] { read({.mask_convention = MaskConvention::good_is_one}); },
               {"no good pixel", "good=1", "--mask-convention"});
  EXPECT_EQ(read({.mask = "/levels", .mask_convention = MaskConvention::dragonfly}).weight,
            (std::vector<float>{1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1}));
  EXPECT_EQ(read({.mask = "/bits", .mask_convention = MaskConvention::cxi}).weight[3], 0);
  expect_error([&] { read({.mask = "/levels"}); }, {"holds 2", "--mask-convention"});
  expect_error([&] { read({.mask = "/parts"}); }, {"holds 0.5", "whole numbers"});
}

TEST_F(Stacks, MaskMayBeAnotherFile) {
  plain(values_);
  h5::File file = h5::File::create(at("m.h5"));
  file.write("/mask", std::vector<std::uint8_t>{0, 0, 1, 0, 0, 0}, {2, 3});
  file.write("/good", std::vector<std::uint8_t>{1, 0, 1, 1, 1, 1}, {2, 3});
  file.close();
  EXPECT_EQ(read({.mask = at("m.h5").string()}).weight[2], 0);
  EXPECT_EQ(
      read({.mask = at("m.h5").string() + ":/good", .mask_convention = MaskConvention::good_is_one})
          .weight[1],
      0);
  test::write_bytes(at("m.byt"), std::vector<std::uint8_t>{0, 0, 0, 1, 0, 0});
  EXPECT_EQ(read({.mask = at("m.byt").string()}).weight[3], 0);
  test::write_bytes(at("m.byt"), std::vector<std::uint8_t>(7));
  expect_error([&] { read({.mask = at("m.byt").string()}); }, {"m.byt", "need 6"});
}

TEST_F(Stacks, CentreComesFromTheOptions) {
  plain(values_);
  EXPECT_EQ(open_stack(at("s.h5"), {.centre = {{1.5, 0.5}}})->info().centre->at(0), 1.5);
  expect_error([&] { open_stack(at("s.h5"), {.centre = {{1000, 0.5}}}); }, {"--center"});
}

TEST_F(Stacks, DragonflyOutputIsTransposedAndWeighted) {
  make([&](h5::File& file) {
    // intens[k][x][y]
    file.write("/intens", std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 0}, {1, 3, 3});
    file.write("/inter_weight", std::vector<double>{1, 1, 1, 1, 1, 1, 1, 2, 0}, {1, 3, 3});
  });
  auto stack = open_stack(at("s.h5"), {});
  EXPECT_EQ(stack->info().kind, "Dragonfly 2D output");
  EXPECT_TRUE(stack->info().is_average);
  EXPECT_EQ(*stack->info().centre, (std::array<double, 2>{1, 1}));
  const Patterns patterns = stack->read(0, 1);
  EXPECT_EQ(patterns.intensity, (std::vector<float>{1, 4, 7, 2, 5, 8, 3, 6, 0}));
  EXPECT_EQ(patterns.weight, (std::vector<float>{1, 1, 1, 1, 1, 2, 1, 1, 0}));
  stack.reset();
  make([&](h5::File& file) { file.write("/intens", std::vector<double>(16), {2, 2, 2, 2}); });
  expect_error([&] { read(); }, {"three-dimensional", "recon_type = 2d"});
}

TEST_F(Stacks, FilesThatAreNoStacksAreRefused) {
  test::write_file(at("s.h5"), "just some words\n");
  expect_error([&] { read(); }, {"s.h5 is not an HDF5 file"});
  plain(values_);
  std::filesystem::resize_file(at("s.h5"), 1000);
  expect_error([&] { read(); }, {"s.h5", "damaged or cut short"});
  expect_error([&] { open_stack(at("absent.h5"), {}); }, {"absent.h5", "No such file"});
}

TEST(RealStack, VirusPatternsAreRead) {
  SPI_NEEDS_DATA(path, "lcls_pnccd_50.h5");
  const auto stack = open_stack(path, {});
  EXPECT_EQ(stack->info().count, 50u);
  EXPECT_EQ(stack->info().kind, "HDF5 stack /patterns");
  const Patterns patterns = stack->read(0, 50);
  const auto masked =
      std::count(patterns.weight.begin(), patterns.weight.begin() + 128 * 128, 0.0f);
  EXPECT_GT(masked, 0);
  EXPECT_LT(masked, 128 * 128 / 4);
}

}  // namespace
}  // namespace spi
