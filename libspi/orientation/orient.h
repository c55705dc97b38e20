// SPDX-License-Identifier: GPL-3.0-or-later
// The orientation of every pattern of a stack against a reference.
#pragma once

#include <string>
#include <vector>

#include "libspi/io/orientations.h"
#include "libspi/io/table.h"
#include "libspi/orientation/comparison.h"

namespace spi {

struct OrientResult {
  std::vector<Comparison> comparisons;  ///< one a reference
  Orientations orientations;
  std::size_t invalid_pixels = 0;
};

inline Quaternion quaternion_of(const QuaternionRow& q) { return {q[0], q[1], q[2], q[3]}; }

/// Zhuang et al. 2022, section 2.3.1: every pattern is correlated with the reference's slices at
/// all orientations of a grid (CorrelationEngine); here the best few, which are not neighbours,
/// are then refined (refine), the best one's twin with them. gain = best correlation over the mean
/// over all orientations of the grid. The second orientation is the best one more than two grid
/// spacings away from the first, modulo the group and the twin. Memory does not grow with the
/// number of patterns; results do not depend on the threads. Of several references, such as the
/// states of a melting particle, each pattern keeps the one that correlates best: the orientation
/// of a half molten cube is off by several degrees against a cube.
OrientResult orient(StackReader& stack, const OrientOptions& options, int threads,
                    Monitor& monitor);

/// The last line of a run.
std::string summary(const OrientResult& result, std::size_t skipped);

/// id, q_w ... q_z, cc, gain, size, margin, twin_margin, second_w ... second_z,
/// reference_index.
std::vector<Column> orientation_table(const Orientations& orientations);

}  // namespace spi
