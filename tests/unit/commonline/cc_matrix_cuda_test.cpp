// SPDX-License-Identifier: GPL-3.0-or-later
// The CC matrix of the devices: its kernel and panels on the processor, and a device where one is.
#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "libspi/commonline/line_panels.h"
#include "libspi/cuda/devices.h"
#include "libspi/cuda/host_queue.h"
#include "random_lines.h"

namespace spi {
namespace {

using test::random_lines;

constexpr std::uint64_t kSeed = 5;

/// What splitting and sums of 3·F numbers below 1 may be off by, on either side.
double bound(std::size_t features) { return double(3 * features + 32) * 0x1p-22; }

class Panels : public testing::Test {
 protected:
  ~Panels() override { cuda::HostQueue::pretended_bytes = 1e9; }

  void expect_that_of_the_processor(const LineSet& lines, std::size_t first, std::size_t last) {
    const std::size_t n = lines.patterns;
    const CcMatrix cpu = cc_matrix(lines, {.keep_angles = true}, 1, silent_monitor());
    std::vector<std::atomic<int>> seen(n * n);
    std::atomic<std::size_t> counted{0}, kept{0};
    cuda::LinePanels<cuda::HostQueue> panels(lines, first, last, 2);
    panels.run(
        [&](std::size_t i, std::size_t j, const cuda::Peak& peak) {
          ++seen[i * n + j], ++kept;
          EXPECT_NEAR(peak.value, cpu.values[i * n + j], bound(lines.features)) << i << " " << j;
          // The place is a best one: its exact product is the maximum, within the bound.
          const std::size_t a = peak.place / lines.angles, b = peak.place % lines.angles;
          ASSERT_LT(a, lines.angles);
          double exact = 0;
          for (std::size_t f = 0; f < lines.features; ++f)
            exact += double(lines.line(i, a)[f]) * double(lines.line(j, b)[f]);
          EXPECT_NEAR(exact, cpu.values[i * n + j], bound(lines.features)) << i << " " << j;
        },
        [&](std::size_t pairs) { counted += pairs; });
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        EXPECT_EQ(seen[i * n + j], j > i && i >= first && i < last) << i << " " << j;
    EXPECT_EQ(counted, kept);
  }
};

TEST_F(Panels, AreTheCcMatrix) {
  // 1: every tile holds many patterns; 40: padded to 64, tiles across patterns; 128: one each.
  for (const auto& [patterns, angles, features] :
       {std::array<std::size_t, 3>{9, 1, 7}, {11, 40, 20}, {4, 128, 16}, {3, 180, 33}})
    expect_that_of_the_processor(random_lines(patterns, angles, features, kSeed), 0, patterns);
}

TEST_F(Panels, OfAPartOfTheRows) {
  expect_that_of_the_processor(random_lines(13, 20, 10, kSeed), 4, 9);
}

TEST_F(Panels, AreSmallWhereMemoryIs) {
  const LineSet lines = random_lines(17, 32, 16, kSeed);
  const double pattern = 32 * 16 * 4;
  cuda::HostQueue::pretended_bytes = 2 * (3 * pattern + 16) + 10;  // one pattern, not two
  EXPECT_EQ(cuda::LinePanels<cuda::HostQueue>(lines, 0, 17, 1).size(), 1u);
  expect_that_of_the_processor(lines, 0, 17);
  cuda::HostQueue::pretended_bytes = 2 * pattern;
  EXPECT_THROW(cuda::LinePanels<cuda::HostQueue>(lines, 0, 17, 1), UserError);
}

TEST(Peak, IsOrderedAsItsValueThenPlace) {
  using cuda::Peak;
  const float values[] = {-1, -0.5f, -1e-30f, 0, 1e-30f, 0.3f, 1};
  for (std::size_t n = 0; n < 7; ++n) {
    const Peak peak{values[n], 77};
    EXPECT_GT(peak.packed(), Peak::kNone);
    EXPECT_EQ(Peak::of(peak.packed()).value, values[n]);
    EXPECT_EQ(Peak::of(peak.packed()).place, 77u);
    EXPECT_GT((Peak{values[n], 3}.packed()), peak.packed());  // the first place wins
    EXPECT_GT(peak.packed(), (Peak{n > 0 ? values[n - 1] : -2, 0}.packed()));
  }
  // The last place of the largest number of angles that is allowed.
  EXPECT_EQ(Peak::of(Peak{1, 65536u * 65536u - 1}.packed()).place, 0xffffffffu);
}

TEST(CudaCcMatrix, IsThatOfTheProcessor) {
  std::string why = "this build has no CUDA kernels";
  if (!cuda::kernel_devices() || cuda::kernel_devices()(&why) == 0) GTEST_SKIP() << why;
  const LineSet lines = random_lines(150, 90, 100, kSeed);
  const auto cpu = cc_matrix(lines, {.keep_angles = true}, 2, silent_monitor());
  const auto gpu =
      cc_matrix(lines, {.keep_angles = true, .device = Device::cuda}, 2, silent_monitor());
  for (std::size_t n = 0; n < cpu.values.size(); ++n)
    ASSERT_NEAR(gpu.values[n], cpu.values[n], bound(lines.features)) << n;
}

}  // namespace
}  // namespace spi
