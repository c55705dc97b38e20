// SPDX-License-Identifier: GPL-3.0-or-later
// Shell by shell, how alike two reciprocal volumes are.
#pragma once

#include <array>
#include <complex>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "libspi/base/options.h"

namespace spi {

/// Whether the mean of each shell is taken away first: of intensities, whose shell means are large
/// and alike, only the rest says whether the structure is the same.
enum class ShellMean { kept, removed };
template <>
struct EnumNames<ShellMean> {
  static constexpr std::array<std::string_view, 2> values{"kept", "removed"};
};

/// A correlation for each shell.
struct ShellCurve {
  std::vector<double> radius;         ///< [S] in voxels: s·width
  std::vector<double> correlation;    ///< [S]
  std::vector<std::uint64_t> voxels;  ///< [S] that counted; 0 where a or b holds nothing
};

/// For the shells s = 0, 1, ... of `width` voxels up to the radius n/2, the voxels whose distance
/// from the centre voxel n/2 over the width rounds to s:
///   sum a conj(b) / sqrt(sum |a|² sum |b|²)
/// (Harauz & van Heel, Optik 73, 146 (1986)), its real part; 0 where a shell of a or b is empty.
/// a, b: [n][n][n]; only voxels where both are finite count. width >= 1.
ShellCurve shell_curve(std::span<const float> a, std::span<const float> b, std::size_t n,
                       double width = 1, ShellMean mean = ShellMean::kept);
ShellCurve shell_curve(std::span<const std::complex<float>> a,
                       std::span<const std::complex<float>> b, std::size_t n, double width = 1);

/// The correlations alone, of shells one voxel wide.
inline std::vector<double> shell_correlation(std::span<const float> a, std::span<const float> b,
                                             std::size_t n, ShellMean mean = ShellMean::kept) {
  return shell_curve(a, b, n, 1, mean).correlation;
}
inline std::vector<double> shell_correlation(std::span<const std::complex<float>> a,
                                             std::span<const std::complex<float>> b,
                                             std::size_t n) {
  return shell_curve(a, b, n).correlation;
}

/// The radius, in shells, where the correlation first falls below `threshold` (linear between
/// shells, the shells below `first` not looked at); the last shell where it never does.
double crossing(std::span<const double> correlation, double threshold, std::size_t first = 1);

/// The radius, in shells, to which the correlation exceeds `threshold` on the whole: the sum of
/// what it exceeds it by, from the shell `first` on, is largest there. On a falling curve that is
/// crossing(); a shell or two of nearly isotropic intensity, as low ones often are, do not end it.
double last_crossing(std::span<const double> correlation, double threshold, std::size_t first = 1);

}  // namespace spi
