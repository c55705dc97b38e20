// SPDX-License-Identifier: GPL-3.0-or-later
// Common-line analysis: patterns -> CC matrix -> landscape.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/cli/provenance.h"
#include "libspi/commonline/lines.h"
#include "libspi/embedding/map.h"

namespace spi {

struct ClpcaOptions {
  LineOptions lines;
  MapOptions map;
  std::size_t bootstrap = 50;   ///< 0: no errors
  bool compare_maps = false;    ///< make every kind of map
  bool common_lines = false;    ///< keep the angles of the best lines
  Device device = Device::cpu;  ///< where the matrix is made; a session's, no option

  void describe(OptionSet& options);
  /// UsageError at a value out of range.
  void check() const;
};

struct Clpca {
  std::vector<std::uint64_t> id;  ///< [N]
  CcMatrix cc;
  std::optional<LineSettings> settings;  ///< none for a matrix computed elsewhere
  Map map;
  std::vector<Map> compared;          ///< one of each kind, where asked for
  std::optional<PrincipalAxes> axes;  ///< of a PCA
  std::vector<double> scree;  ///< of a PCA: ratios of 20 components, or of all that are kept
  std::optional<EmbeddingErrors> errors;  ///< of a PCA
};

/// Zhuang et al. 2022, section 2.2.2 and appendix A: lines, CC matrix, a map of it. The ranks of
/// the team share the matrix; rank 0 alone makes the map and gets the result.
Clpca clpca(StackReader& stack, const ClpcaOptions& options, std::uint64_t seed, int threads,
            Monitor& monitor, Team& team = alone());

/// The same from a CC matrix that exists already: `cc_matrix` of a clpca.h5, or
/// `CL_CC/cc_matrix` of a Dragonfly output. UserError where the matrix is not square, not
/// symmetric to 1e-4 of its largest entry, or not finite.
Clpca clpca_of_matrix(const std::filesystem::path& path, const ClpcaOptions& options,
                      std::uint64_t seed, int threads, Monitor& monitor);

/// The dataset of a CC matrix in the file, or nullopt.
std::optional<std::string> stored_cc_matrix(const std::filesystem::path& path);

/// Writes clpca.h5 as docs/formats.md describes it.
void write_clpca(const std::filesystem::path& path, const Clpca& result,
                 const Provenance& provenance);

/// The last line of a run: patterns used and left out, and what a PCA explains.
std::string summary(const Clpca& result, std::size_t skipped);

}  // namespace spi
