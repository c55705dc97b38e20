// SPDX-License-Identifier: GPL-3.0-or-later
// The Fourier shell correlation of two volumes, and the resolution it stands for.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "libspi/cli/provenance.h"
#include "libspi/io/table.h"
#include "libspi/io/volume_series.h"
#include "libspi/volume/align.h"
#include "libspi/volume/fsc.h"

namespace spi {

/// How intensities are compared: by the moduli that they are the squares of, or as they are.
enum class IntensityTransform { sqrt, none };
template <>
struct EnumNames<IntensityTransform> {
  static constexpr std::array<std::string_view, 2> values{"sqrt", "none"};
};

struct FscOptions {
  AlignOptions align = {};
  IntensityTransform transform = IntensityTransform::sqrt;
  ShellMean shell_mean = ShellMean::kept;
  double shell_width = 1;
  std::optional<ReciprocalLength> q_min = {}, q_max = {};
  std::optional<Length> mask_radius = {};
  bool half_sets = false;
  bool resample = false;

  void describe(OptionSet& options);
};

/// A volume and what its messages call it.
struct NamedVolume {
  std::string name;
  Volume volume;
  Quantity quantity = Quantity::density;
};

struct Resolution {
  double threshold = 0;
  /// 1/Å, where the curve first falls below the threshold; nullopt: below it from the first shell.
  std::optional<double> q = {};
  bool beyond = false;  ///< it never does: q is where the curve ends
};

struct VolumeFsc {
  Quantity quantity = Quantity::density;
  double voxel_size_A = 0;
  std::vector<double> q = {};              ///< [S] 1/Å
  std::vector<double> correlation = {};    ///< [S]
  std::vector<std::uint64_t> voxels = {};  ///< [S]
  bool half_sets = false;
  std::array<Resolution, 2> resolution = {};  ///< at 0.5 and 0.143
  Aligned aligned = {};
  Volume moved = {};  ///< the second volume as it was compared, before the mask
};

/// Equation M11 of NeurOrient's supplement (Harauz & van Heel, Optik 73, 146 (1986)) on shells
/// |q - q_n| <= dq/2: of the transforms of two densities, or of the square roots of two intensities
/// (`transform`). The second volume is aligned to the first, then both are multiplied by the mask:
/// a ball with a soft edge about the centre, and `mask`, which of intensities leaves out the voxels
/// where it is below 1/2. UserError, naming both, where quantity, shape or voxel size differ and
/// `resample` does not allow to bring both to the larger field and the coarser voxel. Intensities
/// below 0 count as 0, with a warning. Needs about 60 bytes a voxel, with rotation 200.
VolumeFsc volume_fsc(const NamedVolume& a, const NamedVolume& b, const std::optional<Volume>& mask,
                     const FscOptions& options, int threads, Monitor& monitor);

/// A volume on the grid on which volume_fsc compares it with `other`: there it is taken as it is,
/// so that one of many comparisons need not resample it again. UserError as of volume_fsc.
NamedVolume on_common_grid(const NamedVolume& volume, const NamedVolume& other, bool resample,
                           int threads);

/// The correlation of a map from all data with the truth, of that between two halves:
/// √(2F/(1 + F)), 0 for negative F (Rosenthal & Henderson, J. Mol. Biol. 333, 721 (2003)). 0.143
/// between halves stands for 0.5 with the truth.
double with_truth(double between_halves);

/// q, resolution, correlation, voxels; of half sets also the correlation with the truth.
std::vector<Column> fsc_table(const VolumeFsc& fsc);

/// fsc.h5 (`spi-fsc`).
void write_fsc(const std::filesystem::path& path, const VolumeFsc& fsc,
               const Provenance& provenance);

/// "0.5: 0.0123 1/Å = 81.3 Å" in words.
std::string print(const Resolution& resolution);
/// One line a threshold, tab-separated under a heading: threshold, q_per_A, resolution_A, note.
std::string resolution_table(const VolumeFsc& fsc);
std::string resolution_json(const VolumeFsc& fsc);
/// Shells, voxels and the alignment in one line, for the log.
std::string summary(const VolumeFsc& fsc);

}  // namespace spi
