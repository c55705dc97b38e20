// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/memory.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace spi {
namespace {

constexpr double kMiB = 1024 * 1024;

TEST(Memory, GrowthIsWhatWorkTakesWhileItRuns) {
  const double growth = memory_growth([] {
    std::vector<char> block(std::size_t(256 * kMiB), 1);
    EXPECT_GE(peak_memory(), 256 * kMiB);
    ASSERT_EQ(block.back(), 1);
  });
  if (growth == 0) GTEST_SKIP() << "the system does not let the peak be reset";
  EXPECT_GT(growth, 240 * kMiB);
  EXPECT_LT(growth, 400 * kMiB);
  // Nothing stays: a second, small piece of work takes little.
  EXPECT_LT(memory_growth([] { std::vector<char> block(1024, 1); }), 16 * kMiB);
}

TEST(Memory, SomeIsAvailable) { EXPECT_GT(available_memory(), kMiB); }

}  // namespace
}  // namespace spi
