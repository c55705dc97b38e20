// SPDX-License-Identifier: GPL-3.0-or-later
// Shell by shell, how alike two reciprocal volumes are.
#pragma once

#include <complex>
#include <span>
#include <vector>

namespace spi {

/// Whether the mean of each shell is taken away first: of intensities, whose shell means are large
/// and alike, only the rest says whether the structure is the same.
enum class ShellMean { kept, removed };

/// For the shells s = 0 ... n/2, the voxels whose distance from the centre voxel n/2 rounds to s:
///   sum a conj(b) / sqrt(sum |a|² sum |b|²)
/// (Harauz & van Heel, Optik 73, 146 (1986)), its real part; 0 where a shell of a or b is empty.
/// a, b: [n][n][n]; only voxels where both are finite count.
std::vector<double> shell_correlation(std::span<const float> a, std::span<const float> b,
                                      std::size_t n, ShellMean mean = ShellMean::kept);
std::vector<double> shell_correlation(std::span<const std::complex<float>> a,
                                      std::span<const std::complex<float>> b, std::size_t n);

/// The radius, in shells, where the correlation first falls below `threshold` (linear between
/// shells, the shells below `first` not looked at); the last shell where it never does.
double crossing(std::span<const double> correlation, double threshold, std::size_t first = 1);

}  // namespace spi
