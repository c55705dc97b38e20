// SPDX-License-Identifier: GPL-3.0-or-later
// A condition as a list of steps on a stack of numbers. Internal.
#pragma once

#include <string>
#include <vector>

#include "libspi/selection/table.h"

namespace spi {

/// In this order: what pushes a number, what replaces one, and, from plus on, two by one.
enum class Op : unsigned char {
  constant,
  column,
  negative,
  inverse,
  absolute,
  root,
  logarithm,
  missing,
  plus,
  minus,
  times,
  over,
  less,
  at_most,
  more,
  at_least,
  equal,
  unequal,
  both,
  either,
  smaller,
  larger,
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
