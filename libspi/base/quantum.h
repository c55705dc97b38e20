// SPDX-License-Identifier: GPL-3.0-or-later
// Sums in double precision that do not depend on the order of their terms.
#pragma once

#include <cmath>

namespace spi {

/// Multiples of a power of two add without rounding as long as no sum needs more than 53 bits: such
/// a sum is the same in any order, by any number of threads and of ranks.
class Quantum {
 public:
  /// For sums of terms whose absolute values add up to `largest` at most (finite, >= 0): the
  /// quantum is at most largest·2^-50.
  explicit Quantum(double largest)
      : shift_(std::ldexp(1.5, std::ilogb(largest > 1e-200 ? largest : 1e-200) + 2)) {}

  /// The nearest multiple of the quantum.
  double round(double term) const { return (term + shift_) - shift_; }
  /// For those who do the same elsewhere.
  double shift() const { return shift_; }

 private:
  double shift_;  ///< 1.5·2^52 quanta: what is added to it loses what is below one
};

}  // namespace spi
