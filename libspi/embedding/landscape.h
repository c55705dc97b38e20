// SPDX-License-Identifier: GPL-3.0-or-later
// The landscape that a model learns: its points, and how they belong to averages.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "libspi/embedding/polar_features.h"
#include "libspi/io/coordinates.h"

namespace spi {

/// The first `components` (0: all) of the coordinates in clpca.h5 or embedding.h5. UserError where
/// they are missing, too few, or not finite: it names the row.
Coordinates read_landscape(const std::filesystem::path& path, std::size_t components);

/// The points of some rows, in their order.
Coordinates rows_of(const Coordinates& coordinates, const std::vector<std::size_t>& rows);

/// Row of each id in `rows_id` among `coordinates`. UserError that counts and names ids which one
/// side lacks, or which come twice.
std::vector<std::size_t> match_ids(const Coordinates& coordinates,
                                   const std::vector<std::uint64_t>& rows_id,
                                   const std::filesystem::path& landscape,
                                   const std::filesystem::path& averages);

/// `bootstrap_run` of the averages where their file says it, else empty.
std::vector<std::int64_t> bootstrap_runs(const std::filesystem::path& averages,
                                         const StackReader& stack);

/// The options with what they leave open taken from `lines` of a clpca.h5, so that features look
/// where the landscape looked; unchanged where the file does not say.
PolarFeatureOptions as_in_landscape(PolarFeatureOptions options,
                                    const std::filesystem::path& landscape);

}  // namespace spi
