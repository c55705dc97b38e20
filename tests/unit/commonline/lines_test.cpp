// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/commonline/lines.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/random.h"
#include "tests/unit/commonline/memory_stack.h"
#include "tests/unit/folder.h"

namespace spi {
namespace {

constexpr std::size_t kSide = 121;
constexpr double kHighest = 0.03;  // cycles per pixel, of the intensities below

/// Intensities of three point scatterers and their mates: Friedel symmetric, band-limited to
/// kHighest, falling off smoothly, turned by `angle` about the centre.
std::vector<float> pattern(std::uint64_t seed, double angle) {
  Random random(seed, 0, 0);
  std::array<std::array<double, 2>, 3> point;
  for (auto& p : point) {
    const double reach = 0.5 * kHighest * std::sqrt(random.uniform());
    const double direction = 2 * std::numbers::pi * random.uniform();
    p = {reach * std::cos(direction), reach * std::sin(direction)};
  }
  std::vector<float> image;
  const double c = std::cos(angle), s = std::sin(angle), middle = (kSide - 1) / 2.;
  for (std::size_t y = 0; y < kSide; ++y)
    for (std::size_t x = 0; x < kSide; ++x) {
      const double dx = double(x) - middle, dy = double(y) - middle;
      const double u = c * dx + s * dy, v = -s * dx + c * dy;  // the pattern turns by +angle
      double re = 0, im = 0;
      for (const auto& p : point) {
        const double phase = 2 * std::numbers::pi * (p[0] * u + p[1] * v);
        re += std::cos(phase), im += std::sin(phase);
      }
      image.push_back(float(1000 * (0.1 + re * re + im * im) / (1 + (dx * dx + dy * dy) / 400)));
    }
  return image;
}

std::vector<float> correlations(MemoryStack& stack, const LineOptions& options) {
  const Lines lines = make_lines(stack, options, 2, silent_monitor());
  return cc_matrix(lines.set, {}, 2, silent_monitor()).values;
}

LineOptions plain(Shells shells) {
  LineOptions options;
  options.shells = shells;
  options.transform = Transform::sqrt;
  options.band_limit = 0;
  options.r_min = 6;
  options.r_max = 58;
  return options;
}

class Rotation : public testing::TestWithParam<Shells> {};

TEST_P(Rotation, OfAPatternInItsPlaneChangesNoCorrelation) {
  constexpr std::size_t kN = 8;
  // Bilinear interpolation of a wave of frequency f is off by at most (2πf)²/8 of its amplitude
  // along each axis: (2π·0.03)²/4 = 0.009 for both. A turn by no whole number of angle steps moves
  // the best line by at most half a step π/(2A), at radius r by r·π/(2A) pixels, a phase of
  // 2πf·r·π/(2A) = 0.10 at the outermost radius and 0.05 in the mean square. A correlation of unit
  // vectors changes by at most the change of a line, here below 0.009·2 + 0.05.
  constexpr double kInterpolation = 0.018, kHalfStep = 0.05;
  const double step = std::numbers::pi / 180;
  for (const auto& [turn, tolerance] : {std::pair{37 * step, kInterpolation},
                                        {-90 * step, kInterpolation},
                                        {12.5 * step, kInterpolation + kHalfStep},
                                        {100.3 * step, kInterpolation + kHalfStep}}) {
    MemoryStack before(kSide, kSide, true), after(kSide, kSide, true);
    before.mutable_info().centre = after.mutable_info().centre = {{60, 60}};
    for (std::size_t i = 0; i < kN; ++i) {
      before.add(pattern(i, 0));
      after.add(pattern(i, i == 2 ? turn : 0));
    }
    const auto a = correlations(before, plain(GetParam())),
               b = correlations(after, plain(GetParam()));
    for (std::size_t k = 0; k < kN * kN; ++k) EXPECT_NEAR(a[k], b[k], tolerance) << k;
  }
}

INSTANTIATE_TEST_SUITE_P(AllShells, Rotation,
                         testing::Values(Shells::none, Shells::divide, Shells::subtract),
                         [](const auto& of) { return std::string(name_of(of.param)); });

TEST(Lines, OrderOfThePatternsDoesNotMatter) {
  MemoryStack forward(kSide, kSide, true), backward(kSide, kSide, true);
  for (std::uint64_t i = 0; i < 7; ++i) forward.add(pattern(i, 0)), backward.add(pattern(6 - i, 0));
  const auto a = correlations(forward, {}), b = correlations(backward, {});
  for (std::size_t i = 0; i < 7; ++i)
    for (std::size_t j = 0; j < 7; ++j)
      // Sums over patterns run in another order: rounding of single precision, amplified by the
      // subtraction of means.
      EXPECT_NEAR(a[i * 7 + j], b[(6 - i) * 7 + 6 - j], 1e-4);
}

TEST(Lines, BrightnessDoesNotMatter) {
  MemoryStack even(kSide, kSide, false), uneven(kSide, kSide, false);
  for (std::uint64_t i = 0; i < 6; ++i) {
    auto image = pattern(i, 0);
    even.add(image);
    for (float& x : image) x *= float(1 + i);
    uneven.add(image);
  }
  LineOptions options = plain(Shells::subtract);
  const auto a = correlations(even, options), b = correlations(uneven, options);
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(a[k], b[k], 2e-3);
}

TEST(Lines, MaskedPatternsCorrelateOverWhatTheyShare) {
  MemoryStack stack(kSide, kSide, false);
  std::vector<float> weight(kSide * kSide, 1.f);
  for (std::size_t y = 0; y < kSide; ++y)
    for (std::size_t x = 0; x < kSide; ++x)
      if (y > 50 && y < 66) weight[y * kSide + x] = 0;  // a rod across the detector
  for (std::uint64_t i = 0; i < 6; ++i) stack.add(pattern(i, 0));
  stack.add(pattern(3, 0.5), weight);
  const Lines lines = make_lines(stack, plain(Shells::none), 2, silent_monitor());
  ASSERT_FALSE(lines.set.weight.empty());
  const auto cc = cc_matrix(lines.set, {}, 2, silent_monitor()).values;
  EXPECT_GT(cc[3 * 7 + 6], 0.99);  // 3 and 6 are the same but for a turn and the mask
}

TEST(Lines, RefusesRadiiThatDoNotFit) {
  MemoryStack stack(kSide, kSide, true);
  for (std::uint64_t i = 0; i < 4; ++i) stack.add(pattern(i, 0));
  LineOptions options;
  options.r_max = 80;
  EXPECT_THROW(make_lines(stack, options, 1, silent_monitor()), UsageError);
  options.r_max = 30;
  options.r_min = 29;
  EXPECT_THROW(make_lines(stack, options, 1, silent_monitor()), UsageError);
  options.r_min.reset();
  options.q_min = ReciprocalLength{0.01};  // the stack does not say its q
  EXPECT_THROW(make_lines(stack, options, 1, silent_monitor()), UsageError);
  stack.mutable_info().q_per_pixel = 0.001;
  options.q_min = ReciprocalLength{-0.01};
  EXPECT_THROW(make_lines(stack, options, 1, silent_monitor()), UsageError);
  options.q_min = ReciprocalLength{0.01};
  EXPECT_DOUBLE_EQ(make_lines(stack, options, 1, silent_monitor()).settings.r_min, 10);
}

TEST(Lines, RefusesACentreWithoutWholeCircles) {
  for (const std::array<double, 2> centre : {std::array{-5., 60.}, {60., 120.}}) {
    MemoryStack stack(kSide, kSide, true);
    stack.mutable_info().centre = centre;
    for (std::uint64_t i = 0; i < 4; ++i) stack.add(pattern(i, 0));
    test::expect_error([&] { make_lines(stack, {}, 1, silent_monitor()); }, {"--center"});
  }
}

TEST(Lines, FindsTheCentreByItself) {
  MemoryStack stack(kSide, kSide, false);
  for (std::uint64_t i = 0; i < 4; ++i) stack.add(pattern(i, 0));
  const LineSettings found = make_lines(stack, {}, 1, silent_monitor()).settings;
  EXPECT_NEAR(found.centre[0], 60, 0.1);
  EXPECT_NEAR(found.centre[1], 60, 0.1);
}

}  // namespace
}  // namespace spi
