// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/volume_file.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <gemmi/ccp4.hpp>

#include "libspi/base/error.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/byte_file.h"

namespace spi {
namespace {

constexpr std::size_t kHeaderBytes = 1024;

/// The header's 256 words in this machine's byte order.
std::array<std::int32_t, kHeaderBytes / 4> header_words(const char* data, std::size_t size,
                                                        const std::string& name) {
  if (size < kHeaderBytes)
    fail(name, " is cut short: an MRC header has ", kHeaderBytes, " bytes, found ", size);
  if (std::memcmp(data + 208, "MAP", 3) != 0) fail(name, " is not an MRC file");
  std::array<std::int32_t, kHeaderBytes / 4> words;
  std::memcpy(words.data(), data, kHeaderBytes);
  if (data[212] == 0x11)  // big-endian machine stamp
    for (std::int32_t& word : words)
      word = static_cast<std::int32_t>(__builtin_bswap32(static_cast<std::uint32_t>(word)));
  return words;
}

/// Before gemmi reserves memory: does the file hold what its header claims?
void check_size(const char* data, std::size_t size, const std::string& name) {
  const auto words = header_words(data, size, name);
  const auto [nx, ny, nz, mode] = std::array{words[0], words[1], words[2], words[3]};
  const std::int32_t extended = words[23];
  if (nx <= 0 || ny <= 0 || nz <= 0 || extended < 0)
    fail(name, ": the MRC header claims ", nx, " x ", ny, " x ", nz, " points after ", extended,
         " bytes of extended header");
  if (mode != 0 && mode != 1 && mode != 2 && mode != 6)
    fail(name, ": MRC mode ", mode, " is not one of 0, 1, 2 and 6");
  const std::uint64_t bytes = mode == 2 ? 4 : mode == 0 ? 1 : 2;
  std::uint64_t points = static_cast<std::uint64_t>(nx) * static_cast<std::uint64_t>(ny);
  const bool overflows = __builtin_mul_overflow(points, static_cast<std::uint64_t>(nz), &points) ||
                         __builtin_mul_overflow(points, bytes, &points);
  const std::uint64_t room = size - kHeaderBytes;
  const auto skipped = static_cast<std::uint64_t>(extended);
  if (overflows || skipped > room || points > room - skipped)
    fail(name, " is cut short: ", nx, " x ", ny, " x ", nz, " points of ", bytes,
         " bytes do not fit in ", size, " bytes");
}

/// Edge of a voxel along lab axis 0 (x), 1 (y), 2 (z): cell over sampling.
double voxel_size(const gemmi::Ccp4<float>& map, const std::string& name) {
  std::array<double, 3> size{};
  for (int axis = 0; axis < 3; ++axis) {
    const double cell = map.header_float(11 + axis), samples = map.header_i32(8 + axis);
    size[static_cast<std::size_t>(axis)] = cell / samples;
    if (!(cell > 0 && samples > 0 && std::isfinite(cell)))
      fail(name, " has no voxel size (cell ", cell, " Å over ", samples,
           " samples): a volume without one cannot be used");
  }
  constexpr double kTolerance = 1e-3;  // the header rounds the cell to single precision or worse
  if (std::abs(size[1] / size[0] - 1) > kTolerance || std::abs(size[2] / size[0] - 1) > kTolerance)
    fail(name, " has voxels of ", size[0], " x ", size[1], " x ", size[2],
         " Å: only cubic voxels are supported");
  return size[0];
}

/// In the order [z][y][x], whatever axis the file runs along fastest.
Volume ordered(const gemmi::Ccp4<float>& map, const std::string& name) {
  const std::array<int, 3> position = map.axis_positions();  // of x, y, z among the file's axes
  const std::array<std::size_t, 3> extent{static_cast<std::size_t>(map.grid.nu),
                                          static_cast<std::size_t>(map.grid.nv),
                                          static_cast<std::size_t>(map.grid.nw)};
  const std::array<std::size_t, 3> file_stride{1, extent[0], extent[0] * extent[1]};
  std::array<std::size_t, 3> size{}, stride{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    size[axis] = extent[static_cast<std::size_t>(position[axis])];
    stride[axis] = file_stride[static_cast<std::size_t>(position[axis])];
  }
  Volume volume{.nz = size[2],
                .ny = size[1],
                .nx = size[0],
                .values = {},
                .voxel_size_A = voxel_size(map, name)};
  volume.values.reserve(map.grid.data.size());
  for (std::size_t z = 0; z < volume.nz; ++z)
    for (std::size_t y = 0; y < volume.ny; ++y)
      for (std::size_t x = 0; x < volume.nx; ++x) {
        const float value = map.grid.data[z * stride[2] + y * stride[1] + x * stride[0]];
        if (!std::isfinite(value))
          fail(name, " has a value that is not finite at (z ", z, ", y ", y, ", x ", x, ")");
        volume.values.push_back(value);
      }
  return volume;
}

}  // namespace

Volume parse_mrc(const char* data, std::size_t size, const std::string& name) {
  check_size(data, size, name);
  gemmi::Ccp4<float> map;
  try {
    map.read_ccp4_from_memory(data, size, name);
    return ordered(map, name);
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    fail("cannot read ", name, " as MRC: ", error.what());
  }
}

Volume read_mrc(const std::filesystem::path& path) {
  const ByteFile file(path);
  const auto bytes = file.read<char>(0, file.size());
  return parse_mrc(bytes.data(), bytes.size(), path.string());
}

void write_mrc(const std::filesystem::path& path, const Volume& volume) {
  if (!(volume.voxel_size_A > 0 && std::isfinite(volume.voxel_size_A)))
    fail("cannot write ", path.string(), ": a volume needs its voxel size, not ",
         volume.voxel_size_A, " Å");
  SPI_ASSERT(volume.values.size() == volume.nz * volume.ny * volume.nx && !volume.values.empty());
  AtomicFile target(path);
  gemmi::Ccp4<float> map;
  const auto edge = [&](std::size_t n) { return static_cast<double>(n) * volume.voxel_size_A; };
  map.grid.unit_cell.set(edge(volume.nx), edge(volume.ny), edge(volume.nz), 90, 90, 90);
  map.grid.set_size_without_checking(static_cast<int>(volume.nx), static_cast<int>(volume.ny),
                                     static_cast<int>(volume.nz));
  map.grid.axis_order = gemmi::AxisOrder::XYZ;
  map.grid.data = volume.values;
  try {
    map.update_ccp4_header(2, true);
    map.write_ccp4_map(target.temporary().string());
  } catch (const std::exception& error) {
    fail("cannot write ", path.string(), ": ", error.what());
  }
  // gemmi does not see a disk that fills up while the file is closed.
  if (std::filesystem::file_size(target.temporary()) != kHeaderBytes + 4 * volume.values.size())
    fail("cannot write ", path.string(), ": the disk is full");
  target.commit();
}

}  // namespace spi
