// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "libspi/base/parallel.h"
#include "libspi/phasing/ensemble.h"
#include "libspi/phasing/threshold.h"
#include "tests/unit/phasing/objects.h"

namespace spi {
namespace {

using phasing_test::asymmetric;
using phasing_test::intensity_of;

template <int Rank>
std::vector<float> noise(std::size_t count, std::uint64_t id) {
  Random random(7, 0, id);
  std::vector<float> values(count);
  for (float& value : values) value = float(random.normal());
  return values;
}

/// A density inside a box in the middle of the field, its own moduli, and its support.
template <int Rank>
struct Consistent {
  Grid<Rank> grid;
  std::vector<float> density;
  RealConstraint constraint;
  Problem<Rank> problem;
  PlaneFft<Rank> fft;

  explicit Consistent(std::size_t n) : grid{n}, fft(grid) {
    density.assign(grid.size(), 0);
    constraint.region.assign(grid.size(), 0);
    Random random(3, 0, n);
    for (std::size_t i = 0; i < density.size(); ++i) {
      bool inside = true;
      for (std::size_t rest = i, axis = 0; axis < Rank; ++axis, rest /= n)
        inside = inside && rest % n >= n / 3 && rest % n < 2 * n / 3;
      constraint.region[i] = inside;
      if (inside) density[i] = float(0.5 + random.uniform());
    }
    problem.grid = grid;
    std::vector<std::complex<float>> spectrum(grid.spectrum_size());
    fft.forward(density.data(), spectrum.data(), 1);
    problem.modulus.resize(spectrum.size());
    for (std::size_t bin = 0; bin < spectrum.size(); ++bin) {
      problem.modulus[bin] = std::abs(spectrum[bin]);
      problem.power += double(problem.weight(bin)) * double(std::norm(spectrum[bin]));
    }
  }
};

float largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  float largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

template <class RankType>
class Phasing : public testing::Test {};
template <int kRank>
struct RankOf {
  static constexpr int value = kRank;
};
using Ranks = testing::Types<RankOf<2>, RankOf<3>>;
TYPED_TEST_SUITE(Phasing, Ranks);

TYPED_TEST(Phasing, TransformIsItsDefinition) {
  constexpr int kRank = TypeParam::value;
  for (const std::size_t n : {6, 7}) {
    const Grid<kRank> grid{n};
    const PlaneFft<kRank> fft(grid);
    const std::vector<float> x = noise<kRank>(grid.size(), n);
    std::vector<std::complex<float>> spectrum(grid.spectrum_size());
    fft.forward(x.data(), spectrum.data(), 1);
    for (std::size_t bin = 0; bin < spectrum.size(); ++bin) {
      const auto k = frequencies(grid, bin);
      std::complex<double> sum = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        double turn = 0;
        std::size_t rest = i;
        for (std::size_t axis = kRank; axis-- > 0; rest /= n)
          turn += double(k[axis]) * double(rest % n) / double(n);
        sum += double(x[i]) * std::polar(1., -2 * std::numbers::pi * turn);
      }
      // Single precision: a few epsilon of the root of the power, 7^(3/2) = 19.
      EXPECT_NEAR(std::abs(std::complex<double>(spectrum[bin]) - sum), 0, 2e-5);
    }
    std::vector<float> back(grid.size());
    fft.backward(spectrum.data(), back.data(), 2);
    for (float& value : back) value /= float(grid.size());
    EXPECT_LT(largest_difference(back, x), 2e-6f);
  }
}

TYPED_TEST(Phasing, ModulusProjectionGivesTheModuliAndIsIdempotent) {
  constexpr int kRank = TypeParam::value;
  for (const std::size_t n : {12, 15}) {
    Consistent<kRank> object(n);
    for (std::size_t bin = 0; bin < object.problem.modulus.size(); ++bin)
      if (std::lround(radius(object.grid, bin)) % 3 == 0) object.problem.modulus[bin] = -1;  // free
    PhasingEngine<kRank> engine(object.problem, object.fft, object.constraint, 1);
    engine.x() = noise<kRank>(object.grid.size(), n);
    std::vector<std::complex<float>> before(object.grid.spectrum_size()), after(before.size());
    object.fft.forward(engine.x().data(), before.data(), 1);
    engine.project_modulus();
    const std::vector<float> once = engine.x();
    object.fft.forward(once.data(), after.data(), 1);
    for (std::size_t bin = 0; bin < after.size(); ++bin) {
      const float modulus = object.problem.modulus[bin];
      if (modulus < 0) {
        EXPECT_NEAR(std::abs(after[bin] - before[bin]), 0, 1e-3);
      } else {
        EXPECT_NEAR(std::abs(after[bin]), modulus, 1e-3 + 1e-5 * double(modulus));
      }
    }
    engine.project_modulus();
    EXPECT_LT(largest_difference(engine.x(), once), 1e-4f);
  }
}

TYPED_TEST(Phasing, FourierErrorObeysParseval) {
  constexpr int kRank = TypeParam::value;
  Consistent<kRank> object(15);
  PhasingEngine<kRank> engine(object.problem, object.fft, object.constraint, 1);
  engine.x() = object.density;
  for (float& value : engine.x()) value *= 1.25f;
  // All moduli are a quarter too large, so the error is a quarter of the root of the power.
  EXPECT_NEAR(engine.fourier_error(), 0.25, 1e-5);
  const std::vector<float> x = engine.x();
  engine.project_modulus();
  double moved = 0;
  for (std::size_t i = 0; i < x.size(); ++i) moved += std::pow(double(x[i] - engine.x()[i]), 2);
  EXPECT_NEAR(std::sqrt(moved * double(x.size()) / object.problem.power), 0.25, 1e-5);
}

TYPED_TEST(Phasing, SolutionIsAFixedPointOfEveryStep) {
  constexpr int kRank = TypeParam::value;
  for (const std::size_t n : {12, 15})
    for (const bool by_volume : {false, true})
      for (const Algorithm algorithm :
           {Algorithm::DM, Algorithm::ER, Algorithm::HIO, Algorithm::RAAR}) {
        Consistent<kRank> object(n);
        if (by_volume)
          object.constraint.voxels =
              count_if(object.density.begin(), object.density.end(), [](float v) { return v > 0; });
        PhasingEngine<kRank> engine(object.problem, object.fft, object.constraint, 1);
        engine.x() = object.density;
        IterationError error;
        for (int iteration = 0; iteration < 5; ++iteration)
          error = engine.iterate({algorithm, 1, default_beta(algorithm)});
        // Rounding of five transforms of values up to 1.5.
        EXPECT_LT(largest_difference(engine.x(), object.density), 2e-5f) << name_of(algorithm);
        EXPECT_LT(error.fourier, 1e-5);
        EXPECT_LT(error.change, 1e-5);
      }
}

TYPED_TEST(Phasing, StepsAreTheirDefinitions) {
  constexpr int kRank = TypeParam::value;
  Consistent<kRank> object(15);
  const std::vector<float> x = noise<kRank>(object.grid.size(), 1);
  PhasingEngine<kRank> engine(object.problem, object.fft, object.constraint, 1);
  engine.x() = x;
  engine.project_modulus();
  const std::vector<float> p = engine.x();
  const auto s = [&](std::size_t i, float y) {
    return object.constraint.region[i] && y > 0 ? y : 0.f;
  };
  const auto expect = [&](Algorithm algorithm, float beta, const auto& definition) {
    engine.x() = x;
    engine.iterate({algorithm, 1, beta});
    for (std::size_t i = 0; i < x.size(); ++i)
      ASSERT_NEAR(engine.x()[i], definition(i), 1e-5) << name_of(algorithm);
  };
  expect(Algorithm::ER, 1, [&](std::size_t i) { return s(i, p[i]); });
  expect(Algorithm::DM, 0.8f,
         [&](std::size_t i) { return x[i] + 0.8f * (s(i, 2 * p[i] - x[i]) - p[i]); });
  expect(Algorithm::HIO, 0.9f, [&](std::size_t i) {
    return object.constraint.region[i] && p[i] >= 0 ? p[i] : x[i] - 0.9f * p[i];
  });
  expect(Algorithm::RAAR, 0.7f,
         [&](std::size_t i) { return 0.7f * (x[i] + s(i, 2 * p[i] - x[i]) - p[i]) + 0.3f * p[i]; });
}

TYPED_TEST(Phasing, SameOnAnyNumberOfThreads) {
  constexpr int kRank = TypeParam::value;
  Consistent<kRank> object(15);
  object.constraint.voxels = 40;
  std::vector<float> one;
  for (const int threads : {1, 4}) {
    PhasingEngine<kRank> engine(object.problem, object.fft, object.constraint, threads);
    engine.x() = noise<kRank>(object.grid.size(), 2);
    for (int iteration = 0; iteration < 10; ++iteration) engine.iterate({Algorithm::DM, 1, 1});
    if (threads == 1) one = engine.x();
    EXPECT_EQ(engine.x(), one);
  }
}

TEST(Threshold, IsTheSortedValue) {
  const std::vector<float> values = noise<2>(3 * 500, 4);
  std::vector<float> sorted = values;
  std::ranges::sort(sorted, std::greater<>());
  const auto parts = [&](std::size_t part, const auto& use) { use(&values[part * 500], 500); };
  for (const std::size_t count : {1, 2, 100, 700})
    EXPECT_EQ(nth_largest(3, count, 2, parts), sorted[count - 1]);
  EXPECT_EQ(nth_largest(3, 1200, 2, parts), 0);  // fewer are positive
}

TEST(Recipe, IsReadAndPrinted) {
  const Recipe recipe = parse_recipe("dm:200, HIO:50:0.8,ER:100");
  ASSERT_EQ(recipe.steps.size(), 3u);
  EXPECT_EQ(recipe.steps[1], (Step{Algorithm::HIO, 50, 0.8}));
  EXPECT_EQ(recipe.iterations(), 350u);
  EXPECT_EQ(print(recipe), "DM:200,HIO:50:0.8,ER:100");
  EXPECT_EQ(parse_recipe(print(recipe)), recipe);
  for (const char* wrong :
       {"", "DM", "DM:0", "DM:-3", "DM:x", "ER:5:0.5", "DM:5:0", "DM:5:1:2", "DM:5,,ER:5"})
    EXPECT_THROW(parse_recipe(wrong), UserError) << wrong;
  try {
    parse_recipe("CHARGE:100");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("RAAR"), std::string::npos);
  }
}

TEST(ProblemTest, MeansFriedelMatesAndClips) {
  for (const std::size_t n : {6, 7}) {
    const std::size_t c = n / 2;
    std::vector<float> intensity(n * n, 1.f);
    intensity[(c + 1) * n + c + 2] = 7;  // its mate has 1
    intensity[(c - 2) * n + c] = -5;     // mean with its mate: -2
    std::vector<bool> free(n * n);
    free[c * n + c] = true;
    const Problem<2> problem = make_problem<2>(n, intensity, free, "x");
    EXPECT_FLOAT_EQ(problem.modulus[1 * problem.grid.half() + 2], 2);
    EXPECT_EQ(problem.modulus[2 * problem.grid.half()], 0);
    EXPECT_EQ(problem.negative, 2u);
    EXPECT_DOUBLE_EQ(problem.negative_power, 4);
    EXPECT_EQ(problem.masked_centre, 1u);
    EXPECT_TRUE(problem.is_free(0));
    const std::size_t odd = 2 * ((n - 1) / 2) + 1;
    EXPECT_EQ(problem.measured, odd * odd - 1);  // n/2 of an even size is free
  }
}

TEST(ProblemTest, RefusesWhatCannotBePhased) {
  const std::vector<float> ones(8 * 8, 1.f), zeros(8 * 8, 0.f), negative(8 * 8, -1.f);
  std::vector<float> nan = ones;
  nan[3 * 8 + 3] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<bool> none, all(8 * 8, true);
  EXPECT_THROW(make_problem<2>(8, ones, all, "x"), UserError);
  EXPECT_THROW(make_problem<2>(8, zeros, none, "x"), UserError);
  EXPECT_THROW(make_problem<2>(8, negative, none, "x"), UserError);
  EXPECT_THROW(make_problem<2>(8, nan, none, "x"), UserError);
  std::vector<bool> hidden(8 * 8);
  hidden[3 * 8 + 3] = true;
  EXPECT_NO_THROW(make_problem<2>(8, nan, hidden, "x"));
}

// A chequerboard has frequency n/2 along all axes, where nothing beyond a disc is measured.
TYPED_TEST(Phasing, BandLimitTakesWhatLiesBeyondTheMeasuredAndNothingElse) {
  constexpr int kRank = TypeParam::value;
  Consistent<kRank> object(15);
  for (std::size_t bin = 0; bin < object.problem.modulus.size(); ++bin)
    if (const double r = radius(object.grid, bin); r < 2 || r > 6) object.problem.modulus[bin] = -1;
  std::vector<float> drawn = object.density;
  for (std::size_t at = 0; at < drawn.size(); ++at)
    if (at % 2 == 1) drawn[at] = 0;  // 15 is odd: neighbours along every axis
  const std::vector<float> cut = band_limited(object.problem, object.fft, drawn, 1);
  std::vector<std::complex<float>> before(object.grid.spectrum_size()), after(before.size());
  object.fft.forward(drawn.data(), before.data(), 1);
  object.fft.forward(cut.data(), after.data(), 1);
  double lost = 0;
  for (std::size_t bin = 0; bin < after.size(); ++bin) {
    const bool beyond = radius(object.grid, bin) > 6;
    if (beyond) lost += std::norm(before[bin]);
    EXPECT_NEAR(std::abs(after[bin] - (beyond ? 0.f : before[bin])), 0, 1e-4);
  }
  EXPECT_GT(lost, 1);
}

TEST(AlignerTest, FindsShiftAndTwin) {
  const auto truth = asymmetric<3>(24);
  const PlaneFft<3> fft(truth.grid);
  const Aligner<3> aligner(fft, truth.spectrum, 1);
  for (const bool twin : {false, true}) {
    auto moved = truth.spectrum;
    const Placement<3> placement{{3.3, -5.7, 0.45}, twin, 1};
    apply(placement, truth.grid, moved);
    const Placement<3> back = aligner.place(moved);
    EXPECT_EQ(back.twin, twin);
    // The bins at n/2 of this even size cannot carry a shift by fractions: what the object has
    // there is lost, less than a hundredth of its power.
    EXPECT_GT(back.correlation, 0.99);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double expected = (twin ? 1 : -1) * placement.shift_voxels[axis];
      EXPECT_NEAR(std::remainder(back.shift_voxels[axis] - expected, 24), 0, 0.02);
    }
  }
}

}  // namespace
}  // namespace spi
