// SPDX-License-Identifier: GPL-3.0-or-later
// Points of a landscape or latent space with all that the files of a run know of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libspi/io/selection.h"
#include "libspi/report/run_files.h"

namespace spi {

struct PointColumn {
  std::string name;
  std::vector<double> values = {};       ///< [N]; NaN where there is none
  std::vector<std::string> labels = {};  ///< values are indices into them; empty: numbers
};

/// Named places in a space, such as the states that were decoded.
struct PointMarks {
  std::vector<std::string> columns = {};         ///< z1, z2, ...
  std::vector<std::vector<double>> places = {};  ///< [mark][column]
};

struct PointSet {
  std::string origin;  ///< fingerprint of the patterns: sets of one origin have the same ids
  std::vector<std::uint64_t> ids = {};
  SelectionOf of = SelectionOf::averages;
  std::vector<PointColumn> columns = {};  ///< of the file itself first
  std::size_t x = 0, y = 0;               ///< columns to begin with
  std::optional<std::size_t> color = {};
  PointMarks marks = {};

  /// Everything, as page.js reads it: `name` and `table` are the file and the one that spi-select
  /// takes the same ids from, `sheet` is the JSON of the thumbnails.
  std::string json(const std::string& name, const std::string& table,
                   const std::string& sheet) const;
};

/// Whether a file of this format has points (clpca, embedding, latents, vae).
bool has_points(const std::string& format);

/// The points of `file`, joined by id with the columns of every file of the run that is about the
/// same patterns: its own averages, or made of them. The patterns of a file are its first input
/// that is no model, followed through the run. Rows without a value are NaN.
PointSet read_points(const RunFile& file, const RunFiles& run);

/// The file of the run that holds the patterns behind the points; nullptr where it was not given.
const RunFile* patterns_of(const PointSet& points, const RunFiles& run);

}  // namespace spi
