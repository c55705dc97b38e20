// SPDX-License-Identifier: GPL-3.0-or-later
// Stacks of dense patterns with weights: class averages or single shots, from any file.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "libspi/io/detector.h"

namespace spi {

/// How a file that does not say it all itself is to be read.
struct StackOptions {
  std::optional<std::string> dataset = {};  ///< path of the stack in an HDF5 file
  /// dataset in the same file, or FILE:DATASET, or a file, or "none"; nullopt: found by itself
  std::optional<std::string> mask = {};
  MaskConvention mask_convention = MaskConvention::bad_is_one;
  std::optional<std::array<double, 2>> centre = {};  ///< x, y in pixels, pixel centres at integers
  bool mask_invalid = false;
  bool skip_empty = false;
  std::optional<std::filesystem::path> selection = {};  ///< only the patterns that it names
  bool allow_empty = false;  ///< neither refuse nor leave out empty patterns; not an option
  int threads = 1;           ///< that decompress patterns; not an option

  void describe(OptionSet& options);
};

/// N patterns of rows × columns.
struct StackInfo {
  std::size_t count = 0, rows = 0, columns = 0;
  std::string kind =
      {};  ///< in words: "spi averages", "Dragonfly 2D output", "HDF5 stack /patterns"
  std::optional<std::array<double, 2>> centre = {};  ///< x, y; known from the file or the options
  std::optional<double> q_per_pixel = {};            ///< 1/Å per pixel
  std::optional<double> wavelength_A = {};  ///< of the Ewald sphere; nullopt: unknown, or flat
  bool is_average = false;  ///< class averages (made of many frames), not single shots
  std::size_t skipped = 0;  ///< empty patterns left out of count (skip_empty)
};

/// Some patterns of a stack. Weight 0: not measured; else the weight the file gives, or 1.
struct Patterns {
  std::size_t count = 0, rows = 0, columns = 0;
  std::vector<float> intensity = {};  ///< [count][rows][columns], finite and >= 0 where weight > 0
  std::vector<float> weight = {};     ///< [count][rows][columns]
  std::size_t invalid_pixels = 0;     ///< NaN, Inf or negative ones given weight 0 (mask_invalid)
};

/// Which rows of its file a stack holds.
struct KeptRows {
  std::vector<std::size_t> row;  ///< [count] ascending
  std::size_t total = 0;         ///< rows of the file

  /// Every row of a file of `rows`.
  static KeptRows all(std::size_t rows) {
    KeptRows every{.row = std::vector<std::size_t>(rows), .total = rows};
    std::iota(every.row.begin(), every.row.end(), std::size_t{0});
    return every;
  }
};

class StackReader {
 public:
  virtual ~StackReader() = default;
  virtual const StackInfo& info() const = 0;
  /// Patterns [first, first + n). Every pixel of positive weight must be finite and not negative,
  /// and every pattern have a pixel that is not 0: else a UserError names file, pattern and pixel
  /// (mask_invalid turns invalid pixels into weight 0, skip_empty leaves empty patterns out).
  virtual Patterns read(std::size_t first, std::size_t n) = 0;
  /// [count] stable ids; the pattern's index where the file has none.
  virtual std::vector<std::uint64_t> ids() const = 0;
  /// Columns of the same file have a value for each row of the file.
  virtual KeptRows kept() const { return KeptRows::all(info().count); }
  /// [rows][columns] whether the mask of the whole stack excludes a pixel; empty without a mask.
  virtual std::vector<bool> masked() const = 0;
};

/// Our averages.h5 (centre: the file's, or pixel S/2 rounded down), Dragonfly output_NNN.h5 (2D;
/// centre S/2 rounded down, x and y exchanged as the file's first axis is x), plain HDF5 and CXI
/// stacks (the one three-dimensional numeric dataset, and the one plane named `mask`, are found by
/// themselves), NumPy .npy and MRC stacks, told by content. Pixels that a mask calls
/// ignore-for-fit have weight 0 here. With skip_empty the whole stack is read once on opening.
/// UserError where a selection fits none of the patterns.
std::unique_ptr<StackReader> open_stack(const std::filesystem::path& path,
                                        const StackOptions& options);

}  // namespace spi
