// SPDX-License-Identifier: GPL-3.0-or-later
// Where the density may be: from the autocorrelation, and shrunk around a density.
#pragma once

#include <optional>
#include <string>

#include "libspi/phasing/problem.h"

namespace spi {

/// The autocorrelation of the density, F^-1 of the intensities, over its value at 0; zero
/// displacement at voxel n/2. A masked centre is filled by iterating between the measured
/// intensities and an autocorrelation without what lies below `floor`; other free bins are 0.
/// Real-valued [n^Rank].
template <int Rank>
std::vector<float> autocorrelation(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                                   double floor, int threads);

/// 1 where values > fraction * (largest value).
std::vector<std::uint8_t> above(const std::vector<float>& values, double fraction);

/// A region and all within `reach` voxels along each axis of it, in a periodic field.
template <int Rank>
std::vector<std::uint8_t> dilated(const Grid<Rank>& grid, std::vector<std::uint8_t> region,
                                  std::size_t reach);

/// A voxel belongs to the symmetrised region where at least half of its images under the point
/// group do, about voxel n/2 and to the nearest voxel. The region itself without a group; UserError
/// on an unknown one, or on any in two dimensions.
template <int Rank>
std::vector<std::uint8_t> symmetrised(const Grid<Rank>& grid, std::vector<std::uint8_t> region,
                                      const std::optional<std::string>& group);

std::size_t count_inside(const std::vector<std::uint8_t>& region);

/// The largest volume, in voxels, of a body with an autocorrelation of such an extent: the
/// differences of a body's points fill at least 2^Rank times its volume (Brunn-Minkowski).
template <int Rank>
std::size_t largest_body(const std::vector<std::uint8_t>& autocorrelation_region);

/// Widest extent of a region over the field's, 0..1, measured along the axes and around a field
/// without edges: n less the longest run of planes that are empty. Above 1/2 an object as wide does
/// not leave its autocorrelation room (oversampling below 2).
template <int Rank>
double relative_width(const Grid<Rank>& grid, const std::vector<std::uint8_t>& region);

/// Shrink-wrap (Marchesini et al., Phys. Rev. B 68, 140101 (2003)): the positive density blurred by
/// a Gaussian of `sigma` voxels; inside is what lies above `fraction` of its maximum.
template <int Rank>
std::vector<std::uint8_t> shrink_wrap(const PlaneFft<Rank>& fft, const std::vector<float>& density,
                                      double sigma, double fraction, int threads);

}  // namespace spi
