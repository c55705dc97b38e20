// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/commonline/cc_matrix.h"

#include <gtest/gtest.h>

#include <numeric>

#include "libspi/selftest/reference/cc_reference.h"
#include "random_lines.h"

namespace spi {
namespace {

using test::random_lines;

// Rounding of a single-precision dot product of n terms of unit vectors is at most n·2^-24.
double rounding(std::size_t features) { return double(features) * 0x1p-24 + 1e-7; }

TEST(CcMatrix, EqualsTheDefinition) {
  // 70 angles: not a multiple of any vector length; 41 patterns: a last tile that is not full.
  for (const auto& [angles, features] :
       {std::pair<std::size_t, std::size_t>{70, 33}, {180, 5}, {1, 9}}) {
    const LineSet lines = random_lines(41, angles, features, 7);
    const CcMatrix cc = cc_matrix(lines, {}, 2, silent_monitor());
    for (std::size_t i = 0; i < 41; i += 5)
      for (std::size_t j = 0; j < 41; j += 3) {
        const double expected = i == j ? 1 : reference::best_product(lines, i, j);
        EXPECT_NEAR(cc.values[i * 41 + j], expected, rounding(features)) << i << " " << j;
      }
  }
}

TEST(CcMatrix, AnglesPointAtTheBestLines) {
  const LineSet lines = random_lines(9, 50, 20, 3);
  const CcMatrix cc = cc_matrix(lines, {.keep_angles = true}, 1, silent_monitor());
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 0; j < 9; ++j) {
      if (i == j) continue;
      const float* x = lines.line(i, cc.angle_i[i * 9 + j]);
      const float* y = lines.line(j, cc.angle_j[i * 9 + j]);
      EXPECT_NEAR(std::inner_product(x, x + 20, y, 0.0), cc.values[i * 9 + j], rounding(20));
    }
}

TEST(CcMatrix, IsTheSameForAnyThreadCount) {
  const LineSet lines = random_lines(30, 45, 16, 5);
  const auto one = cc_matrix(lines, {}, 1, silent_monitor()).values;
  EXPECT_EQ(one, cc_matrix(lines, {}, 2, silent_monitor()).values);
  EXPECT_EQ(one, cc_matrix(lines, {}, 5, silent_monitor()).values);
}

TEST(CcMatrix, PermutesWithThePatterns) {
  const std::size_t n = 23, a = 36, f = 12;
  const LineSet lines = random_lines(n, a, f, 11);
  LineSet turned = lines;
  const auto source = [&](std::size_t i) { return (i * 7 + 3) % n; };
  for (std::size_t i = 0; i < n; ++i)
    std::copy_n(lines.line(source(i), 0), a * f, &turned.values[i * a * f]);
  const auto before = cc_matrix(lines, {}, 2, silent_monitor()).values;
  const auto after = cc_matrix(turned, {}, 2, silent_monitor()).values;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      EXPECT_NEAR(after[i * n + j], before[source(i) * n + source(j)], rounding(f));
}

TEST(CcMatrix, WeightedEqualsTheDefinition) {
  const std::size_t n = 7, a = 20, f = 40;
  LineSet lines = random_lines(n, a, f, 13);
  Random random(1, 0, 0);
  for (float& x : lines.values) x = 5 + 3 * x;  // an offset and a scale must drop out
  for (std::size_t k = 0; k < n * a * f; ++k)
    lines.weight.push_back(random.uniform() < 0.2 ? 0.f : float(0.5 + random.uniform()));
  const CcMatrix cc = cc_matrix(lines, {.minimal_overlap = 0}, 2, silent_monitor());
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j) {
      const double best = reference::best_weighted_correlation(lines, i, j);
      // Sums of squares of values near 5 with spread 0.5 lose a factor (5/0.5)² of precision.
      EXPECT_NEAR(cc.values[i * n + j], best, 100 * rounding(f));
    }
}

TEST(CcMatrix, LinesThatShareTooLittleDoNotTakePart) {
  LineSet lines = random_lines(2, 3, 10, 17);
  lines.weight.assign(lines.values.size(), 1.f);
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t f = 0; f < 10; ++f) lines.weight[a * 10 + f] = f < 4;  // pattern 0: 4 of 10
  EXPECT_EQ(cc_matrix(lines, {.minimal_overlap = 0.5}, 1, silent_monitor()).values[1], 0);
  EXPECT_NE(cc_matrix(lines, {.minimal_overlap = 0.3}, 1, silent_monitor()).values[1], 0);
}

}  // namespace
}  // namespace spi
