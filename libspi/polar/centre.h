// SPDX-License-Identifier: GPL-3.0-or-later
// The beam centre from the data: the point about which the patterns are Friedel symmetric.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace spi {

struct FriedelCentre {
  std::array<double, 2> position{};  ///< x, y in pixels (pixel centres at integers)
  double correlation = 0;            ///< of the patterns with their inversions there, -1..1
};

/// Adds up patterns' evidence for a centre: at every candidate c on the half-pixel grid the masked
/// correlation of √I(x) with √I(2c − x) (Padfield 2012's normalisation, six FFTs a pattern), summed
/// over patterns; the peak is refined by a parabola.
class CentreFinder {
 public:
  /// UserError for fewer than 3 rows or columns.
  CentreFinder(std::size_t rows, std::size_t columns);
  /// intensity, weight: [rows][columns]; weight 0 is not measured.
  void add(const float* intensity, const float* weight);
  /// Best centre at most a quarter of the image from its middle, among those where at least half
  /// of the measured pixels have a measured partner. UserError where there is none.
  FriedelCentre find() const;

 private:
  std::size_t rows_, columns_, padded_rows_, padded_columns_;
  std::vector<double> covariance_, variance_, overlap_;  ///< [2·rows][2·columns], summed
};

}  // namespace spi
