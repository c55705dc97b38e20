// SPDX-License-Identifier: GPL-3.0-or-later
// Which rows train, which validate, and in what order: functions of the seed alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spi::learn {

/// Rows of a data set, each list ascending and without the other's rows.
struct Split {
  std::vector<std::size_t> train, validation;
};

/// `fraction` in [0, 1) of the rows, rounded, to validation (at least one row of each kind where
/// 0 < fraction), drawn by the seed. Rows of equal `group` (a bootstrap run, say: its members
/// resemble one another) stay together: whole groups go to validation, in an order drawn by the
/// seed, while that brings their number nearer to the fraction. An empty `group`, or a single one:
/// every row by itself. UserError where fewer than 2 rows or groups are to be divided.
Split split_rows(std::size_t rows, const std::vector<std::int64_t>& group, double fraction,
                 std::uint64_t seed);

/// The rows in the order of an epoch: a shuffle that depends on (seed, epoch) alone.
std::vector<std::size_t> shuffled(std::vector<std::size_t> rows, std::uint64_t seed,
                                  std::size_t epoch);

}  // namespace spi::learn
