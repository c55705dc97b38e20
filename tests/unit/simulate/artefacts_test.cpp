// SPDX-License-Identifier: GPL-3.0-or-later
// Fluence, Poisson and readout noise: moments of many draws, five standard errors allowed.
#include "libspi/simulate/artefacts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numeric>

#include "libspi/base/error.h"

namespace spi {
namespace {

struct Moments {
  double mean = 0, variance = 0;
};

template <class Draw>
Moments moments(int n, Draw draw) {
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double x = draw(i);
    sum += x, squares += x * x;
  }
  return {sum / n, squares / n - sum / n * (sum / n)};
}

Moments fluence_moments(const FluenceModel& model) {
  return moments(20000, [&](int i) {
    Random random(1, 2, i);
    return model.draw(random);
  });
}

TEST(Fluence, GammaHasMeanOneAndItsSpread) {
  const Moments m = fluence_moments(FluenceModel::gamma(0.4));
  EXPECT_NEAR(m.mean, 1, 5 * 0.4 / std::sqrt(20000));
  // variance of a squared deviation: (excess kurtosis 6/shape + 2) times variance squared
  EXPECT_NEAR(m.variance, 0.16, 5 * 0.16 * std::sqrt((6 * 0.16 + 2) / 20000));
}

TEST(Fluence, HistogramIsDrawnAsItIs) {
  // Bins 0-2 and 2-4, heights 3 and 1: mean 1.5; a quarter of the draws above 2/1.5.
  const FluenceModel model = FluenceModel::histogram({1, 3}, {3, 1});
  const Moments m = fluence_moments(model);
  const double variance = (0.75 * 1 + 0.25 * 9 + 1.0 / 3 - 2.25) / 2.25;
  EXPECT_NEAR(m.mean, 1, 5 * std::sqrt(variance / 20000));
  const Moments high = moments(20000, [&](int i) {
    Random random(1, 3, i);
    return model.draw(random) > 2 / 1.5;
  });
  EXPECT_NEAR(high.mean, 0.25, 5 * std::sqrt(0.25 * 0.75 / 20000));
}

TEST(Fluence, WhatWasMeasuredBelowNothingIsNothing) {
  // Bins end at -0.15, -0.05, 0.05 and 0.15, as an offset of the monitor gives them.
  const FluenceModel model = FluenceModel::histogram({-0.1, 0, 0.1}, {1, 2, 1});
  double least = 1, dark = 0;
  const Moments m = moments(20000, [&](int i) {
    Random random(1, 4, i);
    const double x = model.draw(random);
    least = std::min(least, x);
    dark += x == 0;
    return x;
  });
  EXPECT_EQ(least, 0);
  EXPECT_NEAR(dark / 20000, 0.25, 5 * std::sqrt(0.25 * 0.75 / 20000));
  EXPECT_NEAR(m.mean, 1, 5 * std::sqrt(m.variance / 20000));
}

TEST(Fluence, NoneIsOne) {
  Random random(1, 1, 1);
  EXPECT_EQ(FluenceModel().draw(random), 1);
}

TEST(Fluence, RefusesNonsense) {
  EXPECT_THROW(FluenceModel::gamma(0), UserError);
  EXPECT_THROW(FluenceModel::histogram({1}, {1}), UserError);
  EXPECT_THROW(FluenceModel::histogram({1, 2}, {0, 0}), UserError);
  EXPECT_THROW(FluenceModel::histogram({1, 2}, {1, -1}), UserError);
  EXPECT_THROW(FluenceModel::histogram({2, 1}, {1, 1}), UserError);
  EXPECT_THROW(FluenceModel::histogram({-2, -1}, {1, 1}), UserError);
  EXPECT_THROW(FluenceModel::histogram({1, INFINITY}, {1, 1}), UserError);
  EXPECT_THROW(read_fluence_histogram("/nonexistent/histogram.npy"), UserError);
}

TEST(Fluence, ReadsTextAndRefusesDamage) {
  const auto path = std::filesystem::path(testing::TempDir()) / "fluence.txt";
  std::ofstream(path) << "# centre height\n1 3\n\n3 1 # tail\n";
  Random a(1, 1, 1), b(1, 1, 1);
  EXPECT_EQ(read_fluence_histogram(path).draw(a), FluenceModel::histogram({1, 3}, {3, 1}).draw(b));
  for (const char* damaged :
       {"1\n2\n", "1 2 3\n", "a b\n", "\x93NUMPY", "\x93NUMPY\x01\x00\x40", ""}) {
    std::ofstream(path) << damaged;
    EXPECT_THROW(read_fluence_histogram(path), UserError) << damaged;
  }
}

TEST(Fluence, ReadsTheMeasuredHistogram) {
  const char* folder = std::getenv("SPI_SHARED_DATA");
  const std::filesystem::path path =
      std::filesystem::path(folder ? folder : SPI_SOURCE_DIR "/../shared/data") /
      "pr772_photon_fluctuation.npy";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const Moments m = fluence_moments(read_fluence_histogram(path));
  EXPECT_NEAR(m.mean, 1, 0.02);           // five standard errors of a spread of 0.5
  EXPECT_GT(std::sqrt(m.variance), 0.2);  // "0.3 to 2.6 times the average"
  EXPECT_LT(std::sqrt(m.variance), 0.8);
}

/// Mean and variance over many frames of one pixel, by whichever method the brightness selects.
Moments pixel_moments(double scale, std::size_t pixel, const std::vector<float>& rate) {
  return moments(4000, [&](int i) {
    Random random(5, 0, i);
    const SparseFrame frame = count_photons(rate, scale, random);
    for (std::size_t k = 0; k < frame.pixel.size(); ++k)
      if (frame.pixel[k] == pixel) return static_cast<double>(frame.count[k]);
    return 0.0;
  });
}

TEST(Photons, ArePoissonInDimAndBrightFrames) {
  std::vector<float> rate(64, 0.01f);
  rate[7] = 2;
  rate[63] = 0.5;
  for (const double scale : {1.0, 100.0})  // 3 photons a frame, and 310: both methods
    for (const std::size_t pixel : {0, 7, 63}) {
      const double mean = scale * rate[pixel];
      const Moments m = pixel_moments(scale, pixel, rate);
      EXPECT_NEAR(m.mean, mean, 5 * std::sqrt(mean / 4000)) << pixel << " at " << scale;
      EXPECT_NEAR(m.variance, mean, 5 * mean * std::sqrt((2 + 1 / mean) / 4000));
    }
}

TEST(Photons, AscendAndLeaveDarkPixelsOut) {
  std::vector<float> rate(100, 0.0f);
  for (std::size_t i = 0; i < 100; i += 3) rate[i] = 0.8f;
  for (const double scale : {1.0, 50.0}) {
    Random random(6, 0, 0);
    const SparseFrame frame = count_photons(rate, scale, random);
    EXPECT_FALSE(frame.pixel.empty());
    for (std::size_t k = 0; k < frame.pixel.size(); ++k) {
      EXPECT_EQ(frame.pixel[k] % 3, 0u);
      EXPECT_GE(frame.count[k], 1u);
      if (k > 0) {
        EXPECT_GT(frame.pixel[k], frame.pixel[k - 1]);
      }
    }
  }
}

TEST(Readout, RoundsClipsAndSparesBadPixels) {
  const SparseFrame frame{.pixel = {0, 3}, .count = {1000, 1000}};
  std::vector<PixelUse> use(4, PixelUse::good);
  use[1] = PixelUse::bad;
  double sum = 0, squares = 0;
  constexpr int n = 4000;
  for (int i = 0; i < n; ++i) {
    Random random(8, 0, i);
    const SparseFrame noisy = add_readout_noise(frame, use, 20, random);
    ASSERT_EQ(noisy.pixel.front(), 0u);
    const double x = noisy.count.front() - 1000.0;
    sum += x / n, squares += x * x / n;
    for (const auto pixel : noisy.pixel) EXPECT_NE(pixel, 1u);
  }
  EXPECT_NEAR(sum, 0, 5 * 20 / std::sqrt(n));
  EXPECT_NEAR(squares, 400 + 1.0 / 12, 5 * 400 * std::sqrt(2.0 / n));  // 1/12: the rounding
}

TEST(Readout, SmallNoiseDoesNotReachAWholePhoton) {
  const SparseFrame frame{.pixel = {2}, .count = {1}};
  Random random(9, 0, 0);
  const SparseFrame noisy =
      add_readout_noise(frame, std::vector<PixelUse>(1000, PixelUse::good), 0.05, random);
  EXPECT_EQ(noisy.pixel, frame.pixel);  // half a photon is ten standard deviations away
  EXPECT_EQ(noisy.count, frame.count);
}

TEST(Readout, DenseImagesStayNonNegative) {
  std::vector<float> values(1000, 0.0f);
  Random random(10, 0, 0);
  add_readout_noise(values, std::vector<PixelUse>(1000, PixelUse::good), 0.05, random);
  double sum = 0;
  for (const float v : values) {
    EXPECT_GE(v, 0);
    sum += v;
  }
  // mean of a clipped normal: sigma / sqrt(2 pi), standard deviation 0.58 sigma
  EXPECT_NEAR(sum / 1000, 0.05 * 0.3989, 5 * 0.05 * 0.58 / std::sqrt(1000));
}

}  // namespace
}  // namespace spi
