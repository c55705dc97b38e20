// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/ranks.h"

#include <gtest/gtest.h>

#include <cmath>

namespace spi {
namespace {

using Values = std::vector<double>;

TEST(Ranks, TiesShareTheirMeanPlace) {
  EXPECT_EQ(ranks(Values{3, 1, 2, 1}), (Values{3, 0.5, 2, 0.5}));
  EXPECT_TRUE(ranks({}).empty());
}

TEST(Ranks, SpearmanSeesOrderOnly) {
  const Values x{1, 2, 3, 4, 5};
  EXPECT_DOUBLE_EQ(spearman(x, Values{1, 8, 27, 64, 125}), 1);
  EXPECT_DOUBLE_EQ(spearman(x, Values{9, 7, 5, 3, -4}), -1);
  // 1 - 6 Σd²/(n(n² - 1)) with d = 1, -1, 0, 0, 0.
  EXPECT_DOUBLE_EQ(spearman(x, Values{2, 1, 3, 4, 5}), 0.9);
}

TEST(Ranks, SpearmanLeavesOutWhatIsNotKnown) {
  EXPECT_DOUBLE_EQ(spearman(Values{1, NAN, 2, 3}, Values{1, 50, 2, NAN}), 1);
  EXPECT_TRUE(std::isnan(spearman(Values{1, 2, 3}, Values{4, 4, 4})));
  EXPECT_TRUE(std::isnan(spearman(Values{1}, Values{1})));
}

}  // namespace
}  // namespace spi
