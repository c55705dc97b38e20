// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/stack.h"

#include <cstring>

#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;
using test::write_bytes;

class BinaryStacks : public test::InFolder {
 protected:
  template <class T>
  std::filesystem::path npy(const std::string& type, const std::string& shape,
                            const std::vector<T>& values, const std::string& order = "False") {
    std::string header =
        "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
    header.resize(117, ' ');
    header += '\n';
    test::write_file(at("s.npy"), std::string("\x93NUMPY\x01\x00", 8) +
                                      static_cast<char>(header.size()) + '\0' + header);
    write_bytes(at("s.npy"), values, true);
    return at("s.npy");
  }
  std::filesystem::path mrc(std::int32_t nx, std::int32_t ny, std::int32_t nz, std::int32_t mode,
                            std::int32_t group) {
    std::vector<std::int32_t> words(256);
    words[0] = nx, words[1] = ny, words[2] = nz, words[3] = mode, words[22] = group;
    std::memcpy(&words[52], "MAP ", 4);
    write_bytes(at("s.mrc"), words);
    return at("s.mrc");
  }
};

TEST_F(BinaryStacks, NumpyTypesAreRead) {
  const auto expect_values = [](const std::filesystem::path& path) {
    const auto stack = open_stack(path, {});
    EXPECT_EQ(stack->info().rows, 2u);
    EXPECT_EQ(stack->info().columns, 3u);
    EXPECT_EQ(stack->read(1, 1).intensity, (std::vector<float>{7, 8, 9, 10, 11, 12}));
  };
  const std::vector<int> values{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const auto as = [&]<class T>(T) { return std::vector<T>(values.begin(), values.end()); };
  const std::string shape = "(2, 2, 3)";
  expect_values(npy("<f4", shape, as(float{})));
  expect_values(npy("<f8", shape, as(double{})));
  expect_values(npy("<i2", shape, as(std::int16_t{})));
  expect_values(npy("<i4", shape, as(std::int32_t{})));
  expect_values(npy("<i8", shape, as(std::int64_t{})));
  expect_values(npy("|u1", shape, as(std::uint8_t{})));
  expect_values(npy("<u2", shape, as(std::uint16_t{})));
  expect_values(npy("<u4", shape, as(std::uint32_t{})));
  expect_values(npy("<u8", shape, as(std::uint64_t{})));
  EXPECT_EQ(open_stack(npy("<f4", "(4, 3)", as(float{})), {})->info().count, 1u);
}

TEST_F(BinaryStacks, DamagedNumpyFilesAreRefused) {
  const auto open = [&] { open_stack(at("s.npy"), {}); };
  npy("<f4", "(2, 2, 3)", std::vector<float>(11));
  expect_error(open, {"s.npy is cut short", "(2, 2, 3)"});
  npy("<f4", "(4000000000, 4000000000, 4000000000)", std::vector<float>(11));
  expect_error(open, {"is cut short"});
  npy("<f4", "(2, 2, 3)", std::vector<float>(12), "True");
  expect_error(open, {"Fortran order"});
  npy("<c8", "(2, 2, 3)", std::vector<double>(12));
  expect_error(open, {"type '<c8'"});
  npy("<f4", "(12,)", std::vector<float>(12));
  expect_error(open, {"1 dimensions"});
  npy("<f4", "(0, 2, 3)", std::vector<float>());
  expect_error(open, {"holds no patterns"});
  test::write_file(at("s.npy"), "\x93NUMPY");
  expect_error(open, {"is cut short"});
  expect_error([&] { open_stack(at("s.npy"), {.dataset = "/data"}); },
               {"--dataset", "is not an HDF5 file"});
}

TEST_F(BinaryStacks, MrcStacksAreRead) {
  mrc(3, 2, 2, 2, 0);
  write_bytes(at("s.mrc"), std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, true);
  const auto stack = open_stack(at("s.mrc"), {});
  EXPECT_EQ(stack->info().kind, "MRC stack");
  EXPECT_EQ(stack->read(1, 1).intensity, (std::vector<float>{7, 8, 9, 10, 11, 12}));
}

TEST_F(BinaryStacks, DamagedMrcStacksAreRefused) {
  expect_error([&] { open_stack(mrc(3, 2, 2, 2, 0), {}); }, {"is cut short"});
  expect_error([&] { open_stack(mrc(3, 2, 2, 4, 0), {}); }, {"mode 4"});
  expect_error([&] { open_stack(mrc(3, -2, 2, 2, 0), {}); }, {"3 x -2 x 2"});
  expect_error([&] { open_stack(mrc(3, 2, 2, 2, 1), {}); }, {"is a volume"});
  expect_error([&] { open_stack(mrc(2000000000, 2000000000, 2000000000, 2, 0), {}); },
               {"is cut short"});
}

TEST(RealBinaryStack, AduFramesNameTheirInfinitePixel) {
  SPI_NEEDS_DATA(path, "lcls_pnccd_adu_10.npy");
  SPI_NEEDS_DATA(mask, "lcls_pnccd_adu_mask.npy");
  const auto stack = open_stack(path, {.mask = mask.string(), .mask_invalid = true});
  EXPECT_EQ(stack->info().rows, 260u);
  EXPECT_EQ(stack->info().columns, 257u);
  EXPECT_GT(stack->read(3, 1).invalid_pixels, 0u);  // +inf, and ADU below the pedestal
}

TEST(RealBinaryStack, ProjectionsOfAHandAreRead) {
  SPI_NEEDS_DATA(path, "hand.mrcs");
  const auto stack = open_stack(path, {.mask_invalid = true});
  EXPECT_EQ(stack->info().count, 100u);
  EXPECT_EQ(stack->info().rows, 64u);
}

}  // namespace
}  // namespace spi
