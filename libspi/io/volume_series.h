// SPDX-License-Identifier: GPL-3.0-or-later
// volumes.h5: volumes along a path, streamed; and any volume file opened alike.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/options.h"
#include "libspi/cli/provenance.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/hdf5.h"
#include "libspi/io/volume_file.h"

namespace spi {

/// What the values are.
enum class Quantity { intensity, density };
template <>
struct EnumNames<Quantity> {
  static constexpr std::array<std::string_view, 2> values{"intensity", "density"};
};

/// Writes `<quantity>` [M,Z,Y,X] f4, one volume a chunk, root attribute voxel_size_A, root record
/// "spi-volumes". The file appears at finish().
class VolumesWriter {
 public:
  VolumesWriter(const std::filesystem::path& path, Quantity quantity, const Provenance& provenance);
  /// UserError unless shape and voxel size are those of the first.
  void append(const Volume& volume);
  /// The file under way, for more datasets (z, support_count) before finish().
  h5::File& file() { return file_; }
  void finish();

 private:
  AtomicFile target_;
  h5::File file_;
  std::string dataset_;
  std::optional<Volume> first_;  ///< without its values
};

/// An MRC file or a volumes.h5.
class VolumeReader {
 public:
  virtual ~VolumeReader() = default;
  virtual std::size_t count() const = 0;
  virtual Quantity quantity() const = 0;
  /// UserError where the voxel size is missing or a value is not finite.
  virtual Volume read(std::size_t index) = 0;
};

/// Told by content. An MRC file does not say its quantity: density. Where volumes.h5 has
/// q_per_voxel in place of voxel_size_A, the voxel size is the one of the matching density,
/// 1 / (X q_per_voxel).
std::unique_ptr<VolumeReader> open_volumes(const std::filesystem::path& path);

/// Where the M volumes of a volumes.h5 lie in a latent space.
struct LatentStates {
  std::size_t dim = 0;                      ///< L; 0: the file does not say
  std::vector<double> z = {};               ///< [M][L]
  std::vector<std::uint32_t> support = {};  ///< [M] data near each, or empty
};

/// `z` [M, L] (or [M]) and `support_count` [M] where the file has them: an MRC file has neither.
/// UserError where their shapes are of another number of volumes.
LatentStates read_latent_states(const std::filesystem::path& path, std::size_t count);
/// Writes what is there into a file of as many volumes.
void write_latent_states(h5::File& file, const LatentStates& states);

}  // namespace spi
