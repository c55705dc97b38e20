// SPDX-License-Identifier: GPL-3.0-or-later
// The common-line cross-correlation matrix: how alike two patterns are along their best lines.
#pragma once

#include <cstdint>
#include <vector>

#include "libspi/base/device.h"
#include "libspi/base/monitor.h"
#include "libspi/base/team.h"

namespace spi {

/// Lines of N patterns at A angles, each as F features (radii, or fewer after a projection).
struct LineSet {
  std::size_t patterns = 0, angles = 0, features = 0;
  std::vector<float> values;  ///< [N][A][F]; lines of unit norm: their product is their CC
  std::vector<float> weight;  ///< [N][A][F] >= 0, or empty where every feature was measured
  /// With weights: whether a correlation is about the two lines' means over what both measured
  /// (Pearson), or about 0 (lines that lost a common mean line already).
  bool about_means = true;

  const float* line(std::size_t pattern, std::size_t angle) const {
    return values.data() + (pattern * angles + angle) * features;
  }
};

struct CcMatrix {
  std::size_t patterns = 0;
  std::vector<float> values;  ///< [N][N], symmetric; the diagonal holds 1
  /// [N][N] angle index of the best line in pattern i (row) / in pattern j (column); empty unless
  /// asked for. angle_j[i][j] == angle_i[j][i].
  std::vector<std::uint16_t> angle_i, angle_j;
};

struct CcMatrixOptions {
  bool keep_angles = false;
  /// Weighted lines that share less than this fraction of the largest shared weight do not take
  /// part; a pair without any such lines gets CC 0.
  double minimal_overlap = 0.5;
  /// Where lines without weights are correlated; weights are the processor's work (a message says
  /// so).
  Device device = Device::cpu;
};

/// C_ij = max over a, b of <l_ia, l_jb> (Zhuang et al. 2022, section 2.2.2). Without weights: one
/// single-precision matrix product whose A×A blocks are reduced to their maxima in registers. With
/// weights: the weighted correlation with weights w_ia·w_jb, from six such products (four about 0)
/// of any values: no normalisation is needed. 2·F·(A·N)²/2 operations; memory beyond input and
/// output: a packed copy of the values, with weights three of their products, and some tiles a
/// thread. The result does not depend on the thread count; a CUDA device's
/// differs by rounding (docs/decisions/cuda.md). All ranks of the team have the same lines and
/// correlate a part of the pairs; rank 0 gets the matrix, the others have their part of it.
CcMatrix cc_matrix(const LineSet& lines, const CcMatrixOptions& options, int threads,
                   Monitor& monitor, Team& team = alone());

}  // namespace spi
