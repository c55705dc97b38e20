// SPDX-License-Identifier: GPL-3.0-or-later
// Rank statistics.
#pragma once

#include <span>
#include <vector>

namespace spi {

/// The place of each value in ascending order, from 0; equal values share their mean place.
std::vector<double> ranks(std::span<const double> values);

/// Spearman's rank correlation of x and y, of the same length, ties at their mean rank; pairs with
/// a NaN are left out. NaN where fewer than two are left or one of them does not vary.
double spearman(std::span<const double> x, std::span<const double> y);

/// The middle one, the upper of the two middle ones of an even number; there is at least one.
double median(std::vector<double> values);

}  // namespace spi
