// SPDX-License-Identifier: GPL-3.0-or-later
// How large the body in a density is.
#pragma once

#include "libspi/base/options.h"
#include "libspi/io/volume_file.h"

namespace spi {

struct DensitySizeOptions {
  double mass_fraction = 1e-4;

  void describe(OptionSet& options);
};

struct DensitySize {
  double mass = 0;            ///< sum over the voxels
  double half_level = 0;      ///< half of the median density inside, and
  double volume_A3 = 0;       ///< the volume where the density is above it
  double mass_volume_A3 = 0;  ///< the volume where a voxel is above mass_fraction of the mass
  double edge_A = 0;          ///< of the cube of volume_A3
  double diameter_A = 0;      ///< of the ball of volume_A3
};

/// Half of the median of what is above it, found by iteration from half of the mass-weighted mean
/// density. The density needs a positive mass.
double half_level(const Volume& density);

/// Volumes inside isosurfaces, to a part of a voxel: the density is interpolated to half its voxels
/// by its Fourier transform, voxels that the surface crosses are divided into 3³ cells by a cubic
/// spline, and those by planes. Two surfaces: at half of the median density that it encloses
/// itself, which of a body of constant density lies at its true faces however the resolution blurs
/// them, and at a fraction of the total mass, as figure 5d of Zhuang et al. (2022) takes it: that
/// level is a density per voxel, so it depends on the voxel size, and for a body of constant
/// density it rises with the body's volume. mass_volume_A3 is 0 where no voxel is above. UserError
/// where the density is no cube or has no positive mass.
DensitySize density_size(const Volume& density, const DensitySizeOptions& options, int threads);

}  // namespace spi
