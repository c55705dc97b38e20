// SPDX-License-Identifier: GPL-3.0-or-later
// Principal components of the rows of a correlation matrix, and their bootstrap errors.
#pragma once

#include <cstdint>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/embedding/points.h"

namespace spi {

/// The axes of a PCA of rows of M features into C components.
struct PrincipalAxes {
  std::size_t features = 0;                      ///< M
  std::vector<double> axes;                      ///< [C][M] unit vectors
  std::vector<double> mean;                      ///< [M]
  std::vector<double> explained_variance_ratio;  ///< [C] of the total variance
};

/// PCA of N rows: the points are the scores (row - mean) · axes.
struct Pca : Points, PrincipalAxes {};

/// Rows of `values` [N][M] centred by the column mean, eigenvectors of the Gram matrix of the M
/// features, largest variance first. Sign: the score of largest magnitude of each component is
/// positive. Components are clipped to what the data can give (at most N-1, M). Where few of many
/// components are asked for (few_of_many), by Spectra (Lanczos) with a few vectors of memory; else
/// the matrix is made. UserError for fewer than 3 rows; components without variance score 0.
Pca pca(const std::vector<float>& values, std::size_t rows, std::size_t features,
        std::size_t components);

/// Drops all but the first `count` components.
void keep_components(Pca& pca, std::size_t count);

/// Uncertainty of an embedding of patterns by their correlations with one another.
struct EmbeddingErrors {
  std::vector<double> covariance;                      ///< [N][C][C] of each pattern's coordinates
  std::vector<double> standard_error;                  ///< [N][C]
  std::vector<double> explained_variance_ratio_error;  ///< [C]
};

/// Draws N patterns with replacement `repeats` times; each draw's PCA of the matrix `cc` [N][N]
/// (drawn rows and columns) embeds all patterns, is turned onto `reference` by the best orthogonal
/// map (Procrustes, no scaling, no shift), and the spread over draws is the error: it says how far
/// a pattern would move had other patterns of the same kinds been recorded. Draws are keyed by
/// `seed`; the result does not depend on the thread count.
EmbeddingErrors bootstrap_errors(const std::vector<float>& cc, const Points& reference,
                                 std::size_t repeats, std::uint64_t seed, int threads,
                                 Monitor& monitor);

}  // namespace spi
