// SPDX-License-Identifier: GPL-3.0-or-later
// The rigid motion that lays one volume on another. docs/theory/fsc.md says how and why.
#pragma once

#include <span>

#include "libspi/base/monitor.h"
#include "libspi/base/options.h"
#include "libspi/volume/spline_volume.h"

namespace spi {

enum class Alignment { none, shift, rigid };
template <>
struct EnumNames<Alignment> {
  static constexpr std::array<std::string_view, 3> values{"none", "shift", "rigid"};
};

struct AlignOptions {
  Alignment align = Alignment::rigid;
  bool no_twin = false;
  double coarse_step_deg = 8;

  void describe(OptionSet& options);
};

struct Aligned {
  RigidMotion motion = {};    ///< of b onto a; the shift in voxels
  double correlation = 1;     ///< cosine of a and the moved b where the motion was refined
  std::size_t rotations = 0;  ///< on the grid that was searched
};

/// Densities [n][n][n] of equal voxels. Rotations by the moduli of the transforms, which know
/// neither shift nor twin; shift and twin by cross-correlation; the best then refined together, on
/// at most 95 voxels a side, each shell weighed by how much of it is signal. Independent of
/// `threads`. UserError where a volume is all zero.
Aligned align_densities(std::span<const float> a, std::span<const float> b, std::size_t n,
                        const AlignOptions& options, int threads, Monitor& monitor);

/// Intensities [n][n][n] about the centre voxel, of equal q a voxel: rotations only, by the
/// contrast within shells; voxels that are 0 count as not measured.
Aligned align_intensities(std::span<const float> a, std::span<const float> b, std::size_t n,
                          const AlignOptions& options, int threads, Monitor& monitor);

}  // namespace spi
