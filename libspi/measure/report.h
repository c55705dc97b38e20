// SPDX-License-Identifier: GPL-3.0-or-later
// What is written of measurements.
#pragma once

#include <filesystem>
#include <vector>

#include "libspi/cli/provenance.h"
#include "libspi/io/table.h"
#include "libspi/measure/density_size.h"
#include "libspi/measure/radial.h"
#include "libspi/measure/size_fit.h"

namespace spi {

/// Puts a column before the others, of which one of its name goes.
void set_against(std::vector<Column>& coordinates, Column column);

/// z1, z2, ..., volume_A3, mass_volume_A3, growth (of volume_A3 over that of row `first`), edge_A,
/// diameter_A, half_level, mass.
std::vector<Column> size_table(const std::vector<Column>& coordinates,
                               const std::vector<DensitySize>& sizes, std::size_t first);

/// id, shape, size_A, error_A, volume_A3, visibility, streak, angle_deg, tilt_deg, clear.
std::vector<Column> fit_table(const std::vector<std::uint64_t>& id,
                              const std::vector<SizeFit>& fits);

/// Ranks of the rows by a coordinate, ascending; rows without one (NaN) are left out.
std::vector<std::size_t> order_by(const Column& coordinate);

/// measure.h5 (`spi-measure`): a dataset [N] for each column, and for labels NAME_names.
void write_measures(const std::filesystem::path& path, const std::vector<Column>& columns,
                    const Provenance& provenance);

/// The same with `intensity` [N, R] in the order of the coordinate, `id` and the coordinate alike,
/// `radius_px` [R] and, where it is known, `q` [R] in 1/Å.
void write_radial(const std::filesystem::path& path, const RadialSet& set, const Column& coordinate,
                  const std::vector<double>& q, const Provenance& provenance);

}  // namespace spi
