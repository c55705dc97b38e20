// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/patterns.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "libspi/base/error.h"

namespace spi::vae {
namespace {

/// Patterns in memory: intensity f(radius in pixels), weight 2, but 0 in the first row.
class RadialStack : public StackReader {
 public:
  RadialStack(std::size_t size, std::size_t count, double (*f)(double, std::size_t)) : f_(f) {
    info_.count = count;
    info_.rows = info_.columns = size;
    info_.q_per_pixel = 2e-4;
  }
  const StackInfo& info() const override { return info_; }
  StackInfo& info() { return info_; }
  Patterns read(std::size_t first, std::size_t n) override {
    Patterns p{.count = n, .rows = info_.rows, .columns = info_.columns};
    const double centre = double(info_.rows / 2);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t y = 0; y < info_.rows; ++y)
        for (std::size_t x = 0; x < info_.columns; ++x) {
          p.intensity.push_back(
              float(f_(std::hypot(double(x) - centre, double(y) - centre), first + i)));
          p.weight.push_back(y == 0 ? 0.f : 2.f);
        }
    return p;
  }
  std::vector<std::uint64_t> ids() const override {
    std::vector<std::uint64_t> ids(info_.count);
    std::iota(ids.begin(), ids.end(), 0);
    return ids;
  }
  std::vector<bool> masked() const override { return {}; }

 private:
  StackInfo info_;
  double (*f_)(double, std::size_t);
};

double falling(double r, std::size_t n) { return (double(n) + 1) * 1000 / (1 + r * r); }
double flat(double, std::size_t) { return 3; }

PatternSet load(RadialStack& stack, const VaeOptions& options, const Preprocessing* known = {}) {
  return load_patterns(stack, std::vector<Pose>(stack.info().count), point_group("C1"), options,
                       known, silent_monitor());
}

VaeOptions of_size(std::size_t size) {
  VaeOptions options;
  options.size = size;
  return options;
}

TEST(Patterns, AreDividedByTheirRadialMeanAndScale) {
  RadialStack stack(41, 3, falling);
  const PatternSet set = load(stack, of_size(41));
  EXPECT_NEAR(set.preprocessing.q_per_voxel, 2e-4, 1e-12);
  EXPECT_NEAR(set.scale[2] / set.scale[0], 3, 1e-5);
  const std::size_t points = set.points.size();
  for (std::size_t p = 0; p < points; ++p) {
    // Inside a ring of width 1 at r the pattern falls by 1/r: geometric interpolation leaves less.
    const double r = std::hypot(set.points.x[p], set.points.y[p]);
    const bool seen = set.photons[p] > 0 && r > 4;
    EXPECT_NEAR(seen ? set.intensity[p] : 1, 1, 0.05) << r;
    EXPECT_NEAR(set.intensity[p], set.intensity[2 * points + p], 1e-4);
  }
}

TEST(Patterns, KeepTheirPhotonsWhenAveragedDown) {
  RadialStack stack(63, 1, flat);
  const PatternSet set = load(stack, of_size(21));  // 31/10 = 3.1 pixels a voxel
  EXPECT_NEAR(set.preprocessing.q_per_voxel, 2e-4 * 3.1, 1e-12);
  const std::size_t middle = set.points.size() / 2;
  EXPECT_EQ(set.points.pixel[middle], 10u * 21 + 10);
  EXPECT_NEAR(set.photons[middle] * set.intensity[middle], 3.1 * 3.1 * 2 * 3, 1e-2);
  EXPECT_NEAR(set.intensity[middle], 1, 1e-5);
}

TEST(Patterns, WithoutWeightHaveNoPhotons) {
  RadialStack stack(21, 1, flat);
  const PatternSet set = load(stack, of_size(21));
  for (std::size_t p = 0; p < set.points.size(); ++p)
    EXPECT_EQ(set.photons[p] == 0, set.points.pixel[p] < 21) << p;
}

TEST(Patterns, AreCutAtQMax) {
  RadialStack stack(61, 1, falling);
  VaeOptions options = of_size(21);
  options.q_max = ReciprocalLength{4e-3};  // 20 of 30 pixels: 2 pixels a voxel
  const PatternSet set = load(stack, options);
  EXPECT_NEAR(set.preprocessing.q_per_voxel, 4e-4, 1e-12);
  options.q_max = ReciprocalLength{7e-3};
  EXPECT_THROW(load(stack, options), UserError);
}

TEST(Patterns, EncodedLaterAreTreatedAlike) {
  RadialStack stack(41, 4, falling), one(41, 1, falling);
  const PatternSet set = load(stack, of_size(41));
  const PatternSet later = load(one, {}, &set.preprocessing);
  for (std::size_t p = 0; p < set.points.size(); ++p)
    EXPECT_EQ(later.intensity[p], set.intensity[p]);
}

TEST(Patterns, ThatCannotFillTheVolumeAreRefused) {
  RadialStack stack(41, 1, flat);
  EXPECT_THROW(load(stack, of_size(81)), UserError);
  stack.info().q_per_pixel.reset();
  EXPECT_THROW(load(stack, of_size(41)), UserError);
  RadialStack dark(41, 1, [](double, std::size_t) { return 0.0; });
  EXPECT_THROW(load(dark, of_size(41)), UserError);
}

}  // namespace
}  // namespace spi::vae
