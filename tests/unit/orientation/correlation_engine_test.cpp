// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/orientation/correlation_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/random.h"
#include "libspi/selftest/reference/correlation_reference.h"

namespace spi {
namespace {

constexpr std::size_t kRings = 5, kAngles = 48, kViews = 70, kPatterns = 67;  // two blocks, tiles
/// Single precision over sums of some hundred terms.
constexpr double kRounding = 2e-5;

/// A function with angular harmonics up to limit[i] on ring i.
std::vector<float> band_limited(std::uint64_t id, const std::vector<std::size_t>& limit) {
  Random random(1, 0, id);
  std::vector<float> y;
  for (const std::size_t last : limit) {
    std::vector<double> ring(kAngles, 2.);
    for (std::size_t m = 1; m <= last; ++m) {
      const double amplitude = random.normal(), phase = 6.3 * random.uniform();
      for (std::size_t j = 0; j < kAngles; ++j)
        ring[j] +=
            amplitude * std::cos(2 * std::numbers::pi * double(m * j) / double(kAngles) + phase);
    }
    y.insert(y.end(), ring.begin(), ring.end());
  }
  return y;
}

struct Data {
  std::vector<std::size_t> limit{4, 6, 10, 15, 20};
  std::vector<float> ring_weight{0.2f, 0.4f, 0.6f, 0.8f, 1.f};
  std::vector<std::vector<float>> views;
  std::vector<float> x, measured;

  explicit Data(bool masked) {
    for (std::size_t k = 0; k < kViews; ++k) views.push_back(band_limited(k, limit));
    for (std::size_t d = 0; d < kPatterns; ++d)
      for (std::size_t n = 0; n < kRings * kAngles; ++n) {
        Random random(2, std::uint32_t(d), n);
        const std::size_t ring = n / kAngles, angle = n % kAngles;
        const bool hidden = masked ? (angle + 3 * d) % kAngles < 9 + ring : ring == d % 3;
        measured.push_back(hidden ? 0.f : 1.f);
        x.push_back(hidden ? 0.f : float(std::abs(random.normal())));
      }
  }
  std::span<const float> of(const std::vector<float>& v, std::size_t first, std::size_t n) const {
    return std::span(v).subspan(first * kRings * kAngles, n * kRings * kAngles);
  }
};

/// Views of cell k % 3, four stretches; every third view is not counted.
ViewCells cells() {
  ViewCells cells{.cell = {}, .counted = {}, .cells = 3, .stretches = 4};
  for (std::size_t k = 0; k < kViews; ++k) {
    cells.cell.push_back(std::uint32_t(k % 3));
    cells.counted.push_back(k % 3 != 1);
  }
  return cells;
}

void expect_as_defined(bool masked) {
  const Data data(masked);
  CorrelationEngine engine(kRings, kAngles, data.ring_weight, data.limit, cells());
  std::vector<PatternTile> tiles(2);
  CorrelationEngine::Scratch scratch;
  for (std::size_t first : {std::size_t{0}, std::size_t{66}}) {  // held in two parts
    engine.hold_views(first, first == 0 ? 66 : 4, masked, 1, [&](std::size_t k, auto out) {
      std::ranges::copy(data.views[k], out.begin());
    });
    for (std::size_t t = 0; t < 2; ++t) {
      if (first == 0)
        engine.load(data.of(data.x, 64 * t, t == 0 ? 64 : 3),
                    data.of(data.measured, 64 * t, t == 0 ? 64 : 3), tiles[t]);
      engine.correlate(tiles[t], scratch);
    }
  }
  for (const std::size_t d : {0ul, 1ul, 2ul, 63ul, 64ul, 66ul}) {
    double sum = 0;
    std::vector<double> highest(12, -2);
    for (std::size_t k = 0; k < kViews; ++k)
      for (std::size_t s = 0; s < kAngles; ++s) {
        const double cc =
            reference::correlation(data.of(data.x, d, 1), data.of(data.measured, d, 1),
                                   data.views[k], data.ring_weight, s);
        if (k % 3 != 1) sum += cc;
        double& best = highest[(k % 3) * 4 + 4 * s / kAngles];
        best = std::max(best, cc);
      }
    EXPECT_EQ(tiles[d / 64].masked, masked);
    const double count = kAngles * double(kViews - kViews / 3);
    EXPECT_NEAR(tiles[d / 64].sum[d % 64] / count, sum / count, kRounding);
    const std::vector<Peak> peaks = engine.peaks(tiles[d / 64], d % 64);
    ASSERT_EQ(peaks.size(), highest.size());
    std::ranges::sort(highest, std::ranges::greater());
    for (std::size_t n = 0; n < peaks.size(); ++n) {
      EXPECT_NEAR(peaks[n].correlation, highest[n], kRounding);
      EXPECT_NEAR(
          reference::correlation(data.of(data.x, d, 1), data.of(data.measured, d, 1),
                                 data.views[peaks[n].view], data.ring_weight, peaks[n].shift),
          highest[n], kRounding)
          << "the place of a peak is where it is";
    }
  }
}

TEST(CorrelationEngine, IsTheCorrelationOfWholeRings) { expect_as_defined(false); }

TEST(CorrelationEngine, IsTheCorrelationUnderAnyMask) { expect_as_defined(true); }

TEST(CorrelationEngine, APatternThatIsASliceCorrelatesFullyAtItsShift) {
  const Data data(false);
  constexpr std::size_t kView = 33, kShift = 17;
  CorrelationEngine engine(kRings, kAngles, data.ring_weight, data.limit, cells());
  engine.hold_views(0, kViews, false, 2, [&](std::size_t k, auto out) {
    std::ranges::copy(data.views[k], out.begin());
  });
  std::vector<float> x(kRings * kAngles), measured(x.size(), 1.f);
  for (std::size_t n = 0; n < x.size(); ++n)
    x[n] = data.views[kView][n / kAngles * kAngles + (n % kAngles + kShift) % kAngles];
  PatternTile tile;
  CorrelationEngine::Scratch scratch;
  engine.load(x, measured, tile);
  engine.correlate(tile, scratch);
  const Peak best = engine.peaks(tile, 0).front();
  EXPECT_EQ(best.view, kView);
  EXPECT_EQ(best.shift, kShift);
  EXPECT_NEAR(best.correlation, 1, kRounding);
}

}  // namespace
}  // namespace spi
