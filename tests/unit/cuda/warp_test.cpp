// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/cuda/warp.h"

#include <gtest/gtest.h>

#include <set>

#include "libspi/base/random.h"
#include "libspi/cuda/host_queue.h"

namespace spi::cuda {
namespace {

TEST(Warp, Tf32HasElevenBits) {
  Random random(1, 0, 0);
  for (int n = 0; n < 10000; ++n) {
    const auto x = float(random.normal() * std::exp(10 * random.normal()));
    const float top = to_tf32(x), low = to_tf32(x - top);
    EXPECT_EQ(bits_of(top) & 0x1fffu, 0u);
    EXPECT_LE(std::abs(double(x) - top), 0x1p-11 * std::abs(double(x)));
    EXPECT_LE(std::abs(double(x) - top - low), 0x1p-22 * std::abs(double(x)));
  }
  EXPECT_EQ(to_tf32(0), 0);
  EXPECT_EQ(to_tf32(-1), -1);
}

// Every element of each operand lies in exactly one place of one lane.
TEST(Warp, FragmentsCoverTheirMatrices) {
  std::set<int> a, b, c;
  for (int lane = 0; lane < kWarp; ++lane)
    for (int n = 0; n < 4; ++n) {
      a.insert(Fragment::a_row(lane, n) * 8 + Fragment::a_inner(lane, n));
      c.insert(Fragment::c_row(lane, n) * 8 + Fragment::c_column(lane, n));
      if (n < 2) b.insert(Fragment::b_inner(lane, n) * 8 + Fragment::b_column(lane));
    }
  for (const auto* places : {&a, &c}) {
    EXPECT_EQ(places->size(), 128u);
    EXPECT_EQ(*places->rbegin(), 127);
  }
  EXPECT_EQ(b.size(), 64u);
  EXPECT_EQ(*b.rbegin(), 63);
}

// Lane 22 has groupID 5 and threadID_in_group 2: the tables of mma.m16n8k8 (.tf32) in the PTX
// manual.
TEST(Warp, FragmentsAreThoseOfTheManual) {
  constexpr int kLane = 22;
  const int rows[] = {5, 13, 5, 13}, inner[] = {2, 2, 6, 6};
  const int c_rows[] = {5, 5, 13, 13}, c_columns[] = {4, 5, 4, 5};
  for (int n = 0; n < 4; ++n) {
    EXPECT_EQ(Fragment::a_row(kLane, n), rows[n]);
    EXPECT_EQ(Fragment::a_inner(kLane, n), inner[n]);
    EXPECT_EQ(Fragment::c_row(kLane, n), c_rows[n]);
    EXPECT_EQ(Fragment::c_column(kLane, n), c_columns[n]);
  }
  EXPECT_EQ(Fragment::b_column(kLane), 5);
  EXPECT_EQ(Fragment::b_inner(kLane, 0), 2);
  EXPECT_EQ(Fragment::b_inner(kLane, 1), 6);
}

TEST(Warp, JoinsAllLanes) {
  PerLane<int> most, sum;
  each_lane([&](int lane) { most[lane] = lane == 13 ? 99 : -lane, sum[lane] = lane; });
  join_lanes(most, [](int a, int b) { return std::max(a, b); });
  join_lanes(sum, [](int a, int b) { return a + b; });
  for (int lane = 0; lane < kWarp; ++lane) {
    EXPECT_EQ(most[lane], 99);
    EXPECT_EQ(sum[lane], 31 * 16);
  }
}

TEST(Blocks, EveryItemOnceAndSumsOfAnyCount) {
  for (const std::size_t count : {0, 1, 31, 255, 256, 257, 5000, 300000}) {
    std::vector<int> seen(count);
    int* const at = seen.data();
    const auto mark = [at](std::size_t i) { ++at[i]; };
    const ForEach<decltype(mark)> each{count, mark};
    HostQueue().launch(each, each.grid());
    EXPECT_EQ(std::ranges::count(seen, 1), std::ptrdiff_t(count));
    using Parts = SumParts<float (*)(std::size_t)>;
    std::vector<double> parts(Parts::kParts);
    HostQueue().launch(Parts{count, [](std::size_t i) { return float(i); }, parts.data()},
                       {Parts::kParts, 1, 1});
    double sum = 0;
    for (const double part : parts) sum += part;
    EXPECT_EQ(sum, double(count) * (double(count) - 1) / 2);  // integers below 2^53
  }
}

}  // namespace
}  // namespace spi::cuda
