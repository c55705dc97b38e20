// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstring>
#include <limits>
#include <numeric>

#include "libspi/io/byte_file.h"
#include "libspi/io/volume_file.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;

/// 2 × 3 × 4 voxels of 1.5 Å with the values 0 ... 23.
Volume small_volume() {
  Volume volume{.nz = 2, .ny = 3, .nx = 4, .values = std::vector<float>(24), .voxel_size_A = 1.5};
  std::iota(volume.values.begin(), volume.values.end(), 0.0f);
  return volume;
}

class Mrc : public test::InFolder {
 protected:
  /// The bytes of small_volume with header word `word` (from 1, as in the format's description)
  /// replaced.
  template <class T>
  std::vector<char> bytes_with(int word, T value) {
    write_mrc(at("v.mrc"), small_volume());
    auto bytes = ByteFile(at("v.mrc")).read<char>(0, 1024 + 4 * 24);
    std::memcpy(bytes.data() + 4 * (word - 1), &value, sizeof value);
    return bytes;
  }
  static Volume parse(const std::vector<char>& bytes) {
    return parse_mrc(bytes.data(), bytes.size(), "v.mrc");
  }
};

TEST_F(Mrc, ReadBackWhatWasWritten) {
  const Volume volume = small_volume();
  write_mrc(at("v.mrc"), volume);
  const Volume read = read_mrc(at("v.mrc"));
  EXPECT_EQ(read.nz, 2u);
  EXPECT_EQ(read.ny, 3u);
  EXPECT_EQ(read.nx, 4u);
  EXPECT_EQ(read.values, volume.values);
  EXPECT_NEAR(read.voxel_size_A, 1.5, 1e-6);  // the header holds single precision
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(Mrc, AxesOfAnotherOrderAreTurned) {
  // The file's fastest axis is z, its slowest x: 4 columns are z, 2 sections are x.
  auto bytes = bytes_with(17, std::array<std::int32_t, 3>{3, 2, 1});
  const std::array<std::int32_t, 3> samples{2, 3, 4};  // along x, y, z
  std::memcpy(bytes.data() + 28, samples.data(), 12);
  const std::array<float, 3> cell{3, 4.5, 6};
  std::memcpy(bytes.data() + 40, cell.data(), 12);
  const Volume volume = parse(bytes);
  EXPECT_EQ(volume.nz, 4u);
  EXPECT_EQ(volume.nx, 2u);
  EXPECT_EQ(volume.values[1], 12);  // x + 1: next section
  EXPECT_EQ(volume.values[2], 4);   // y + 1: next row
  EXPECT_EQ(volume.values[6], 1);   // z + 1: next column
}

TEST_F(Mrc, VoxelSizeIsMandatory) {
  expect_error([&] { parse(bytes_with(11, 0.0f)); }, {"v.mrc has no voxel size"});
  expect_error([&] { parse(bytes_with(8, std::int32_t{0})); }, {"no voxel size"});
  expect_error([&] { parse(bytes_with(11, 60.0f)); }, {"only cubic voxels"});
  Volume volume = small_volume();
  volume.voxel_size_A = 0;
  expect_error([&] { write_mrc(at("w.mrc"), volume); }, {"w.mrc", "voxel size"});
}

TEST_F(Mrc, DamagedHeadersAreRefused) {
  expect_error([&] { parse(bytes_with(1, std::int32_t{5})); }, {"is cut short"});
  expect_error([&] { parse(bytes_with(1, std::int32_t{-4})); }, {"claims -4 x 3 x 2"});
  expect_error([&] { parse(bytes_with(4, std::int32_t{3})); }, {"mode 3"});
  expect_error([&] { parse(bytes_with(24, std::int32_t{-80})); }, {"extended header"});
  expect_error([&] { parse(bytes_with(24, std::int32_t{400})); }, {"is cut short"});
  expect_error([&] { parse(bytes_with(53, std::int32_t{0})); }, {"not an MRC file"});
  expect_error([&] { parse(bytes_with(54, std::int32_t{0})); }, {"cannot read v.mrc"});
  expect_error([&] { parse(bytes_with(17, std::int32_t{9})); }, {"cannot read v.mrc"});
  expect_error(
      [&] {
        parse(bytes_with(1, std::array{2000000000, 2000000000, 2000000000}));
      },
      {"is cut short"});
  expect_error([&] { parse(std::vector<char>(100)); }, {"is cut short"});
}

TEST_F(Mrc, ValuesThatAreNotFiniteAreNamed) {
  expect_error([&] { parse(bytes_with(257 + 13, std::numeric_limits<float>::quiet_NaN())); },
               {"not finite at (z 1, y 0, x 1)"});
}

TEST(RealMrc, BetaGalactosidaseIsRead) {
  SPI_NEEDS_DATA(path, "betaGal.mrc");
  const Volume volume = read_mrc(path);
  EXPECT_EQ(volume.nx, 100u);
  EXPECT_EQ(volume.nz, 100u);
  EXPECT_GT(volume.voxel_size_A, 0.5);
  EXPECT_LT(volume.voxel_size_A, 5);
}

}  // namespace
}  // namespace spi
