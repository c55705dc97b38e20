// SPDX-License-Identifier: GPL-3.0-or-later
// What a picture is made of: the middle of a volume, sampled finely enough for the screen.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "libspi/io/volume_file.h"

namespace spi {

/// A cube of n³ samples, [z][y][x], n odd; its centre sample is the volume's centre voxel. The
/// outermost samples hold `outside`, so that every surface inside is closed.
struct Field {
  std::size_t n = 0;
  double step = 1;  ///< between samples, in voxels of the volume
  std::vector<float> values = {};

  float at(std::size_t x, std::size_t y, std::size_t z) const {
    return values[(z * n + y) * n + x];
  }
};

/// The cube of `half_width` voxels to either side of the centre, on n samples a side, by the cubic
/// B-spline of volume/spline_volume.h; `outside` where the volume has none. UserError unless the
/// volume is a cube.
Field sample(const Volume& volume, double half_width, std::size_t n, float outside, int threads);

/// a + t (b - a), sample by sample; both of the same shape.
void blend(const Field& a, const Field& b, double t, Field& out, int threads);

/// The volume above the level, in samples: one that the surface crosses counts by the part of it
/// above, the field taken as linear in it. A ball of radius r comes out 0.57/r² too large.
double samples_above(const Field& field, double level, int threads);

/// How far from the centre, in samples along any axis, the field exceeds the level; 0: nowhere.
std::size_t reach_above(const Field& field, double level);

/// [n][n] of the plane through the centre across `axis` (0 x, 1 y, 2 z), or the sum over all such
/// planes. Rows are the later of the other two axes, row 0 its lowest value.
std::vector<float> central_section(const Field& field, int axis);
std::vector<float> projection(const Field& field, int axis);

}  // namespace spi
