// SPDX-License-Identifier: GPL-3.0-or-later
// Averaging of matrices.
#include "libspi/plot/image.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace spi::plot {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TEST(Image, KeepsASmallMatrix) {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const Image image(2, 3, std::span<const float>(values));
  EXPECT_EQ(image.rows(), 2u);
  EXPECT_EQ(image.cols(), 3u);
  EXPECT_EQ(image(1, 0), 4);
}

TEST(Image, AveragesWhatIsFinite) {
  const std::vector<float> values{1, 3, kNaN, kNaN,  //
                                  5, 7, kNaN, 9};
  const Image image = Image(2, 4, std::span<const float>(values)).reduced(1, 2);
  EXPECT_EQ(image(0, 0), 4);
  EXPECT_EQ(image(0, 1), 9);
  const Image missing = Image(2, 4, std::span<const float>(values)).reduced(2, 2);
  EXPECT_TRUE(std::isnan(missing(0, 1)));
}

TEST(Image, IsNeverLargerThanItsLimitAndKeepsTheMean) {
  const std::size_t rows = 2500, cols = 7;
  std::vector<double> values(rows * cols);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i / cols);
  const Image image(rows, cols, std::span<const double>(values));
  EXPECT_EQ(image.rows(), 834u);  // blocks of 3 rows, 2500 = 833·3 + 1
  EXPECT_EQ(image.cols(), 7u);
  EXPECT_EQ(image.given_rows(), rows);
  EXPECT_NEAR(image(833, 6), 2498, 1);    // the last block: rows 2497 to 2499
  EXPECT_NEAR(image(417, 0), 1250, 1.5);  // half-way stays half-way
}

}  // namespace
}  // namespace spi::plot
