// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/learn/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/learn/keys.h"

namespace spi::learn {
namespace {

/// Fisher-Yates.
template <class T>
void shuffle(std::vector<T>& items, Random random) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
}

/// The rows of each group, groups in ascending order.
std::vector<std::vector<std::size_t>> rows_by_group(std::size_t rows,
                                                    const std::vector<std::int64_t>& group) {
  std::map<std::int64_t, std::vector<std::size_t>> by_group;
  for (std::size_t i = 0; i < group.size(); ++i) by_group[group[i]].push_back(i);
  std::vector<std::vector<std::size_t>> lists;
  if (by_group.size() > 1)
    for (auto& [name, members] : by_group) lists.push_back(std::move(members));
  else
    for (std::size_t i = 0; i < rows; ++i) lists.push_back({i});
  return lists;
}

}  // namespace

Split split_rows(std::size_t rows, const std::vector<std::int64_t>& group, double fraction,
                 std::uint64_t seed) {
  SPI_ASSERT(group.empty() || group.size() == rows);
  SPI_ASSERT(fraction >= 0 && fraction < 1);
  Split split;
  auto groups = rows_by_group(rows, group);
  if (fraction > 0) {
    if (groups.size() < 2) fail(rows, " rows cannot be divided into training and validation");
    shuffle(groups, Random(seed, keys::kSplit, 0));
    const double wanted = std::max(1.0, std::round(fraction * double(rows)));
    while (groups.size() > 1) {
      const double now = double(split.validation.size()), next = now + double(groups.back().size());
      if (now > 0 && std::abs(next - wanted) >= std::abs(now - wanted)) break;
      split.validation.insert(split.validation.end(), groups.back().begin(), groups.back().end());
      groups.pop_back();
    }
  }
  for (const auto& members : groups)
    split.train.insert(split.train.end(), members.begin(), members.end());
  std::ranges::sort(split.train);
  std::ranges::sort(split.validation);
  return split;
}

std::vector<std::size_t> shuffled(std::vector<std::size_t> rows, std::uint64_t seed,
                                  std::size_t epoch) {
  shuffle(rows, Random(seed, keys::kShuffle, epoch));
  return rows;
}

}  // namespace spi::learn
