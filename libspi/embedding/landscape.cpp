// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/landscape.h"

#include <cmath>
#include <unordered_map>

#include "libspi/io/hdf5.h"

namespace spi {

Coordinates read_landscape(const std::filesystem::path& path, std::size_t components) {
  const Coordinates all = read_coordinates(path);
  const std::size_t kept = components == 0 ? all.components : components;
  if (kept > all.components)
    fail(path.string(), " holds ", all.components, " components, --components asks for ", kept);
  Coordinates out{.rows = all.rows, .components = kept, .id = all.id, .values = {}, .map = all.map};
  for (std::size_t row = 0; row < all.rows; ++row)
    for (std::size_t c = 0; c < kept; ++c) {
      const double x = all.row(row)[c];
      if (!std::isfinite(x))
        fail(path.string(), ": embedding has a value that is not finite in row ", row,
             ", component ", c + 1);
      out.values.push_back(x);
    }
  return out;
}

Coordinates rows_of(const Coordinates& coordinates, const std::vector<std::size_t>& rows) {
  Coordinates out{.rows = rows.size(),
                  .components = coordinates.components,
                  .id = {},
                  .values = {},
                  .map = coordinates.map};
  for (const std::size_t row : rows) {
    const auto point = coordinates.row(row);
    out.values.insert(out.values.end(), point.begin(), point.end());
    out.id.push_back(coordinates.id[row]);
  }
  return out;
}

std::vector<std::size_t> match_ids(const Coordinates& coordinates,
                                   const std::vector<std::uint64_t>& rows_id,
                                   const std::filesystem::path& landscape,
                                   const std::filesystem::path& averages) {
  std::unordered_map<std::uint64_t, std::size_t> row_of;
  for (std::size_t row = 0; row < coordinates.rows; ++row)
    if (!row_of.emplace(coordinates.id[row], row).second)
      fail(landscape.string(), ": the id ", coordinates.id[row], " comes twice");
  std::vector<std::size_t> rows;
  std::vector<bool> used(coordinates.rows);
  for (const std::uint64_t id : rows_id) {
    const auto found = row_of.find(id);
    if (found == row_of.end())
      fail(averages.string(), " holds ", rows_id.size(), " patterns, among them id ", id,
           ", which ", landscape.string(),
           " does not know: give the averages that the landscape was made of");
    if (used[found->second]) fail(averages.string(), ": the id ", id, " comes twice");
    used[found->second] = true;
    rows.push_back(found->second);
  }
  if (rows.size() != coordinates.rows)
    fail(landscape.string(), " holds ", coordinates.rows, " points, but ", averages.string(),
         " only ", rows.size(), " patterns: give the averages that the landscape was made of");
  return rows;
}

std::vector<std::int64_t> bootstrap_runs(const std::filesystem::path& averages,
                                         const StackReader& stack) {
  // Without empty patterns the rows of the file are not those of the stack.
  if (!h5::File::is_hdf5(averages) || stack.info().skipped > 0) return {};
  const h5::File file = h5::File::open(averages);
  if (!file.exists("/bootstrap_run")) return {};
  return file.read<std::int64_t>("/bootstrap_run", {stack.info().count});
}

PolarFeatureOptions as_in_landscape(PolarFeatureOptions options,
                                    const std::filesystem::path& landscape) {
  const h5::File file = h5::File::open(landscape);
  if (!file.exists("/lines")) return options;
  const auto fill = [&](const char* name, bool open, std::optional<double>& option) {
    if (!open || !file.has_attribute("/lines", name)) return;
    const double value = file.number_attribute("/lines", name);
    if (value > 0) option = value;
  };
  fill("r_min_px", !options.r_min && !options.q_min, options.r_min);
  fill("r_max_px", !options.r_max && !options.q_max, options.r_max);
  fill("band_limit_cycles_per_px", !options.band_limit, options.band_limit);
  return options;
}

}  // namespace spi
