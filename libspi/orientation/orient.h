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
/// over all orientations of the grid. The second orientation is the best one farther than a peak's
/// width (grid_search.h) from the first, modulo the group and the twin. Memory does not grow with
/// the number of patterns; results do not depend on the threads. Of several references, such as the
/// states of a melting particle, each pattern keeps the one that correlates best: the orientation
/// of a half molten cube is off by several degrees against a cube. Patterns whose angular part is
/// below options.round_below get an orientation drawn by (seed, id): the best of a ball against a
/// reference that is not quite one would be the same for all balls.
OrientResult orient(StackReader& stack, const OrientOptions& options, std::uint64_t seed,
                    int threads, Monitor& monitor);

/// Of every pattern, the part of Σ w x² (x = √J, on the rings of the comparison) that is not in the
/// means of its rings: 0 for round ones, 0.1 to 0.6 for cubes; noise counts too.
std::vector<double> angular_parts(const Comparison& comparison, StackReader& stack, int threads);

/// The last line of a run.
std::string summary(const OrientResult& result, std::size_t skipped);

/// id, q_w ... q_z, cc, gain, size, margin, twin_margin, second_w ... second_z,
/// reference_index.
std::vector<Column> orientation_table(const Orientations& orientations);

}  // namespace spi
