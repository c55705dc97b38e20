// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/learn/split.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "libspi/base/error.h"

namespace spi::learn {
namespace {

TEST(Split, DividesAllRowsOnceByTheSeedAlone) {
  const Split split = split_rows(1000, {}, 0.2, 7);
  EXPECT_EQ(split.validation.size(), 200u);
  std::set<std::size_t> all(split.train.begin(), split.train.end());
  all.insert(split.validation.begin(), split.validation.end());
  EXPECT_EQ(all.size(), 1000u);
  EXPECT_EQ(split_rows(1000, {}, 0.2, 7).validation, split.validation);
  EXPECT_NE(split_rows(1000, {}, 0.2, 8).validation, split.validation);
}

TEST(Split, KeepsGroupsWhole) {
  std::vector<std::int64_t> run;
  for (int k = 0; k < 100; ++k) run.push_back(k % 5);
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Split split = split_rows(run.size(), run, 0.2, seed);
    EXPECT_EQ(split.validation.size(), 20u);  // one run of five
    std::set<std::int64_t> runs;
    for (const std::size_t row : split.validation) runs.insert(run[row]);
    EXPECT_EQ(runs.size(), 1u);
  }
  // One group only says nothing: rows are divided.
  EXPECT_EQ(split_rows(100, std::vector<std::int64_t>(100, 3), 0.2, 1).validation.size(), 20u);
}

TEST(Split, AlwaysLeavesRowsOnBothSides) {
  EXPECT_EQ(split_rows(2, {}, 0.01, 1).validation.size(), 1u);
  EXPECT_EQ(split_rows(2, {}, 0.9, 1).train.size(), 1u);
  EXPECT_TRUE(split_rows(2, {}, 0, 1).validation.empty());
  EXPECT_THROW(split_rows(1, {}, 0.2, 1), UserError);
}

TEST(Shuffle, IsAPermutationOfTheEpoch) {
  std::vector<std::size_t> rows(100);
  std::iota(rows.begin(), rows.end(), 0);
  const auto first = shuffled(rows, 5, 0), again = shuffled(rows, 5, 0);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, shuffled(rows, 5, 1));
  EXPECT_NE(first, shuffled(rows, 6, 0));
  EXPECT_NE(first, rows);
  EXPECT_EQ(std::set<std::size_t>(first.begin(), first.end()).size(), 100u);
}

}  // namespace
}  // namespace spi::learn
