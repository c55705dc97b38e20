// SPDX-License-Identifier: GPL-3.0-or-later
// Conditions over columns, such as  c1 < 0.2 && (gain > 1.5 || kind == 'cube')
#pragma once

#include <string>
#include <vector>

#include "libspi/selection/table.h"

namespace spi {

/// Whether a condition holds for a row; unknown where it hangs on a missing value.
enum class Truth : unsigned char { no, yes, unknown };

/// [N] the condition for each row of the table. In order of binding:
///   - + !                sign, not
///   * /   + -            arithmetic
///   < <= > >= == !=      comparison: a condition from two numbers; == and != from a column of
///                        labels and a text in quotes, single or double
///   &&   ||              and, or
/// besides numbers, columns (as Table::column takes them; in backquotes where a name has other
/// signs than letters, digits, _ and .), parentheses, abs(x), sqrt(x), log(x) (natural), min(x,
/// ...), max(x, ...), and isnan(x), a condition. A missing value is NaN, and so is what is computed
/// from it; a comparison with it is unknown;
/// && is no where one side is no, || yes where one side is yes, whatever is unknown on the other.
/// UsageError with a mark at the place for what is no such condition; UserError for a column or a
/// label that does not exist.
std::vector<Truth> evaluate(const std::string& condition, const Table& table);

}  // namespace spi
