// SPDX-License-Identifier: GPL-3.0-or-later
// A condition as a list of steps on a stack of numbers. Internal.
#pragma once

#include <string>
#include <vector>

#include "libspi/selection/table.h"

namespace spi {

enum class Op : unsigned char {
  // clang-format off
  constant, column,                      // push
  negative, inverse, absolute, root, logarithm, missing,   // replace one
  plus, minus, times, over, less, at_most, more, at_least, equal, unequal,  // two by one
  both, either, smaller, larger,
  // clang-format on
};

struct Step {
  Op op;
  double value = 0;                ///< of a constant
  const double* column = nullptr;  ///< [N]
};

/// Conditions are 1, 0 and NaN for unknown.
using Program = std::vector<Step>;

/// The steps of a condition; errors as of `evaluate`. Columns point into the table.
Program parse_condition(const std::string& condition, const Table& table);

}  // namespace spi
