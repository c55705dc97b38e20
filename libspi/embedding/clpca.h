// SPDX-License-Identifier: GPL-3.0-or-later
// Common-line principal component analysis: patterns -> CC matrix -> landscape.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/cli/provenance.h"
#include "libspi/commonline/lines.h"
#include "libspi/embedding/pca.h"

namespace spi {

struct ClpcaOptions {
  LineOptions lines;
  std::size_t components = 3;
  std::size_t bootstrap = 50;  ///< 0: no errors
  bool common_lines = false;   ///< keep the angles of the best lines

  void describe(OptionSet& options);
};

struct Clpca {
  std::vector<std::uint64_t> id;  ///< [N]
  CcMatrix cc;
  std::optional<LineSettings> settings;  ///< none for a matrix computed elsewhere
  Pca pca;
  std::optional<EmbeddingErrors> errors;
  std::vector<double> scree;  ///< explained variance ratios of up to 20 components
};

/// Zhuang et al. 2022, section 2.2.2: lines, CC matrix, PCA of its centred rows.
Clpca clpca(StackReader& stack, const ClpcaOptions& options, std::uint64_t seed, int threads,
            Monitor& monitor);

/// The same from a CC matrix that exists already: `cc_matrix` of a clpca.h5, or
/// `CL_CC/cc_matrix` of a Dragonfly output. UserError where the matrix is not square, not
/// symmetric to 1e-4 of its largest entry, or not finite.
Clpca clpca_of_matrix(const std::filesystem::path& path, const ClpcaOptions& options,
                      std::uint64_t seed, int threads, Monitor& monitor);

/// The dataset of a CC matrix in the file, or nullopt.
std::optional<std::string> stored_cc_matrix(const std::filesystem::path& path);

/// Writes clpca.h5: cc_matrix [N,N] f4, common_line/{angle_i,angle_j} [N,N] u2 (where kept),
/// embedding [N,C] f4, embedding_error [N,C] f4, embedding_covariance [N,C,C] f4,
/// explained_variance_ratio [C], components [C,N], mean [N], scree, id [N] u8, group /lines.
void write_clpca(const std::filesystem::path& path, const Clpca& result,
                 const Provenance& provenance);

/// The last line of a run: patterns used and left out, components and their variance.
std::string summary(const Clpca& result, std::size_t skipped);

}  // namespace spi
