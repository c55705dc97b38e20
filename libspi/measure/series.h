// SPDX-License-Identifier: GPL-3.0-or-later
// Measurements of whole files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/io/table.h"
#include "libspi/measure/density_size.h"
#include "libspi/measure/radial.h"
#include "libspi/measure/size_fit.h"

namespace spi {

struct SizeSeries {
  std::vector<Column> coordinates;  ///< z1, z2, ... of the file, or `volume`: its number
  std::vector<DensitySize> sizes;
};

/// One volume at a time. Coordinates are taken from dataset z [M, L] where a single file has it.
/// UserError where a file holds intensities or the voxel sizes differ.
SizeSeries measure_series(const std::vector<std::filesystem::path>& files,
                          const DensitySizeOptions& options, int threads, Monitor& monitor);

/// What q the pixels have, where the file does not say it.
struct PatternScale {
  std::optional<ReciprocalLength> q_per_pixel = {};
  std::optional<Energy> photon_energy = {};

  void describe(OptionSet& options);
  /// UserError that names the file where the scale is not known.
  FitGeometry of(const std::string& file, const StackInfo& info) const;
  /// 1/Å of rings 0, 1, ...; empty where the scale is not known.
  std::vector<double> q_of_rings(const StackInfo& info, std::size_t rings) const;
};

/// [N], independent of `threads`. UsageError where options contradict.
std::vector<SizeFit> fit_sizes(StackReader& stack, const FitGeometry& geometry,
                               const SizeFitOptions& options, int threads, Monitor& monitor);

/// rank, id, coordinate: sorted.
std::vector<Column> radial_table(const RadialSet& set, const Column& coordinate);

std::string summary(const SizeSeries& series);
std::string summary(const std::vector<SizeFit>& fits);

}  // namespace spi
