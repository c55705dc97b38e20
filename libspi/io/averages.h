// SPDX-License-Identifier: GPL-3.0-or-later
// Writing averages.h5: class averages or other patterns with weights, streamed to disk.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "libspi/cli/provenance.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/hdf5.h"

namespace spi {

/// What holds for all patterns of the file.
struct AveragesHead {
  std::size_t rows = 0, columns = 0;
  std::optional<double> q_per_pixel = {};   ///< 1/Å
  std::optional<double> wavelength_A = {};  ///< of the Ewald sphere; nullopt: unknown, flat
  std::optional<std::array<double, 2>> centre = {};  ///< x, y; nullopt: pixel S/2 rounded down
  bool single_shots = false;                         ///< patterns of single frames, not averages
};

/// Columns of length N, each optional (empty).
struct AveragesColumns {
  std::vector<std::uint64_t> id = {};
  std::vector<double> occupancy = {};  ///< frames behind each average
  std::vector<std::int32_t> bootstrap_run = {};
};

/// Layout: `intensity` and `weight` [N, rows, columns] f4, one pattern a chunk; `q_per_pixel`,
/// `wavelength_A`, `centre` [2]; `id`, `occupancy`, `bootstrap_run` [N]; root record
/// "spi-averages". The file appears at finish().
class AveragesWriter {
 public:
  AveragesWriter(const std::filesystem::path& path, const AveragesHead& head,
                 const Provenance& provenance);

  /// Appends patterns [n][rows][columns]; weight 0: not measured.
  void append(std::span<const float> intensity, std::span<const float> weight);
  /// The file under way, for more groups (polar/..., members/..., truth/...) before finish().
  h5::File& file() { return file_; }
  std::size_t count() const { return count_; }
  void finish(const AveragesColumns& columns = {});

 private:
  AtomicFile target_;
  h5::File file_;
  std::size_t area_, count_ = 0;
};

}  // namespace spi
