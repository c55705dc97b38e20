// SPDX-License-Identifier: GPL-3.0-or-later
// Known objects, phased from random starts, against the truth.
#include <gtest/gtest.h>

#include "libspi/phasing/modes.h"
#include "libspi/phasing/phasing.h"
#include "tests/unit/phasing/objects.h"

namespace spi {
namespace {

using namespace phasing_test;

template <int Rank>
struct Trial {
  Problem<Rank> problem;
  PlaneFft<Rank> fft;
  Phased<Rank> phased;

  Trial(const std::vector<float>& intensity, const std::vector<bool>& free, std::size_t n,
        const PhasingOptions& options, int threads = 2)
      : problem(make_problem<Rank>(n, intensity, free, "test")), fft(problem.grid) {
    Progress progress(silent_monitor(), "phasing", 1);
    phased = phase<Rank>(problem, fft, {}, {}, options, 42, 0, threads, silent_monitor(), progress);
  }
};

/// Starts whose density reaches the truth to the last shell.
template <int Rank>
std::size_t successes(const Truth<Rank>& truth, const Trial<Rank>& run) {
  std::size_t count = 0;
  for (const auto& density : run.phased.densities)
    count += crossing(fsc_with_truth(truth, run.fft, run.problem, density), 0.5) >=
             double(truth.grid.n / 2);
  return count;
}

template <int Rank>
std::vector<bool> beam_stop(std::size_t n, double stop) {
  std::vector<bool> free(Grid<Rank>{n}.size());
  for (std::size_t i = 0; i < free.size(); ++i) {
    double r2 = 0;
    std::size_t rest = i;
    for (int axis = 0; axis < Rank; ++axis, rest /= n)
      r2 += std::pow(double(rest % n) - double(n / 2), 2);
    free[i] = r2 <= stop * stop;
  }
  return free;
}

/// Of 20 starts at least 18 (the plan's measure) reach FSC 0.5 beyond the last whole shell, agree
/// with each other, and so does the mean.
template <int Rank>
void expect_success(const Truth<Rank>& truth) {
  PhasingOptions options;
  options.starts = 20;
  // Two dimensions constrain less, and cost less.
  if (Rank == 2) options.recipe = parse_recipe("DM:500,RAAR:100,ER:100");
  const Trial<Rank> run(intensity_of(truth), {}, truth.grid.n, options);
  EXPECT_GE(successes(truth, run), 18u);
  EXPECT_GE(run.phased.ensemble.agreeing(), 18u);
  const auto fsc = fsc_with_truth(truth, run.fft, run.problem, run.phased.ensemble.mean);
  EXPECT_GE(crossing(fsc, 0.5), double(truth.grid.n / 2));
}

TEST(Reconstruction, Cube) { expect_success(body<3>(32, Shape::cube, 9.6)); }
TEST(Reconstruction, SphereOfOddSize) { expect_success(body<3>(33, Shape::sphere, 9)); }
TEST(Reconstruction, AsymmetricObject) { expect_success(asymmetric<3>(40)); }
TEST(Reconstruction, ProjectionOfAnAsymmetricObject) { expect_success(asymmetric<2>(96)); }
TEST(Reconstruction, ProjectionOfOddSize) { expect_success(asymmetric<2>(81)); }

/// Up to where noisy and true moduli correlate to a half, the density must be right within a tenth
/// of the resolution (the plan's measure): of 20 starts 18, and the mean of those that agree.
void expect_success_with_noise(double photons) {
  const auto truth = asymmetric<3>(40);
  const auto intensity = intensity_of(truth), noisy = with_noise(intensity, photons, 7);
  PhasingOptions options;
  options.starts = 20;
  const Trial<3> run(noisy, {}, 40, options);
  const Problem<3> exact = make_problem<3>(40, intensity, {}, "truth");
  std::vector<std::complex<float>> a(exact.modulus.size()), b(a.size());
  for (std::size_t bin = 0; bin < a.size(); ++bin) {
    a[bin] = std::max(exact.modulus[bin], 0.f);
    b[bin] = std::max(run.problem.modulus[bin], 0.f);
  }
  const double signal = std::min(crossing(shell_correlation(truth.grid, a, b), 0.5), 20.);
  std::size_t good = 0;
  for (const auto& density : run.phased.densities)
    good += crossing(fsc_with_truth(truth, run.fft, run.problem, density), 0.5) >= signal / 1.1;
  EXPECT_GE(good, 18u);
  EXPECT_GE(run.phased.ensemble.agreeing(), 18u);
  const auto fsc = fsc_with_truth(truth, run.fft, run.problem, run.phased.ensemble.mean);
  EXPECT_GE(crossing(fsc, 0.5), signal / 1.1);
}

TEST(Reconstruction, WithAMillionPhotons) { expect_success_with_noise(1e6); }
TEST(Reconstruction, WithFiftyThousandPhotons) { expect_success_with_noise(5e4); }

/// Of 6 starts 5, and the mode that the stop hides most is named.
template <int Rank>
void expect_success_behind_a_beam_stop(const Truth<Rank>& truth, double radius, const char* recipe,
                                       std::size_t hidden) {
  PhasingOptions options;
  options.starts = 6;
  options.recipe = parse_recipe(recipe);
  const Trial<Rank> run(intensity_of(truth), beam_stop<Rank>(64, radius), 64, options);
  EXPECT_GE(run.phased.ensemble.agreeing(), 5u);
  std::size_t good = 0;  // to a tenth of the last whole shell
  for (const auto& density : run.phased.densities)
    good += crossing(fsc_with_truth(truth, run.fft, run.problem, density), 0.5) >= 32 / 1.1;
  EXPECT_GE(good, 5u);
  const HiddenModes modes = hidden_modes(run.problem, run.fft, above(run.phased.best, 0), 1);
  EXPECT_EQ(modes.free_bins, hidden);
  EXPECT_NE(modes.summary().find("total mass"), std::string::npos) << modes.summary();
}

// The plan's stop, radius 5 of 64, which hides 515 whole-number points in three dimensions and 81
// in two. Patterns bear it as long as the first speckle, 64 over the object's width, looks out.
TEST(Reconstruction, BehindABeamStop) {
  expect_success_behind_a_beam_stop(asymmetric<3>(64), 5, "DM:150,RAAR:100,ER:50", 515);
}
TEST(Reconstruction, ProjectionBehindABeamStop) {
  expect_success_behind_a_beam_stop(asymmetric<2>(64, 0.5), 5, "DM:1500,RAAR:300,ER:100", 81);
}
TEST(Reconstruction, WiderProjectionBehindASmallerBeamStop) {
  expect_success_behind_a_beam_stop(asymmetric<2>(64), 3, "DM:500,RAAR:100,ER:100", 29);
}

TEST(Reconstruction, SameForOneAndFourThreadsAndLittleMemory) {
  const auto intensity = intensity_of(asymmetric<3>(24));
  PhasingOptions options;
  options.starts = 4;
  options.recipe = parse_recipe("DM:20,ER:5");
  const Trial<3> one(intensity, {}, 24, options, 1), four(intensity, {}, 24, options, 4);
  options.max_memory = Memory{6.086e7};  // room for joining the starts is room for three
  EXPECT_EQ(plan_workers(Grid<3>{24}, options, 4).starts, 3);
  const Trial<3> little(intensity, {}, 24, options, 4);
  EXPECT_EQ(one.phased.best, four.phased.best);
  EXPECT_EQ(one.phased.ensemble.mean, four.phased.ensemble.mean);
  EXPECT_EQ(one.phased.errors, four.phased.errors);
  EXPECT_EQ(one.phased.best, little.phased.best);
  options.max_memory = Memory{6.05e7};
  EXPECT_THROW(plan_workers(Grid<3>{24}, options, 4), UserError);
}

/// A tenth of all photons in a haze that falls off as a Gaussian: at high q it drowns the density.
TEST(Reconstruction, FindsARadialBackground) {
  const auto truth = asymmetric<3>(40);
  std::vector<float> intensity = intensity_of(truth);
  double signal = 0, haze = 0;
  const auto shape = [](std::size_t i) {
    double r2 = 0;
    for (int axis = 0; axis < 3; ++axis, i /= 40) r2 += std::pow(double(i % 40) - 20, 2);
    return std::exp(-r2 / (2 * 12 * 12));
  };
  for (std::size_t i = 0; i < intensity.size(); ++i) {
    signal += double(intensity[i]);
    haze += shape(i);
  }
  const double height = 0.1 * signal / haze;
  for (std::size_t i = 0; i < intensity.size(); ++i) intensity[i] += float(height * shape(i));
  PhasingOptions options;
  options.starts = 4;
  const Trial<3> without(intensity, {}, 40, options);
  EXPECT_EQ(successes(truth, without), 0u);
  options.background = true;
  const Trial<3> with(intensity, {}, 40, options);
  EXPECT_GE(with.phased.ensemble.agreeing(), 3u);
  const auto fsc = fsc_with_truth(truth, with.fft, with.problem, with.phased.ensemble.mean);
  EXPECT_GE(crossing(fsc, 0.5), 20 / 1.1);
  // Where it stands above the density. It falls by s/144, up to a seventh, across a shell.
  for (std::size_t s = 9; s < 20; ++s)
    EXPECT_NEAR(with.phased.background[s] / (height * std::exp(-double(s * s) / 288)), 1, 0.15)
        << s;
  const Trial<3> threads(intensity, {}, 40, options, 1);
  EXPECT_EQ(threads.phased.background, with.phased.background);
  EXPECT_EQ(threads.phased.best, with.phased.best);
}

// Noise of independent voxels has no compact density. Where densities may be negative its phases
// are random: the mean of 20 of them is 0.886/sqrt(20) = 0.2 of the modulus. (Positive densities
// are another matter: noise of positive mean is then phased as a point, by every start.)
TEST(Reconstruction, PureNoiseIsNotReproducible) {
  std::vector<float> intensity(64 * 64);
  std::vector<std::uint8_t> disc(64 * 64);
  Random random(5, 0, 0);
  for (std::size_t i = 0; i < intensity.size(); ++i) {
    intensity[i] = float(-std::log(1 - random.uniform()));
    disc[i] = std::hypot(double(i % 64) - 32, double(i / 64) - 32) < 14;
  }
  PhasingOptions options;
  options.starts = 20;
  options.allow_negative = true;
  options.support.kind = SupportKind::file;
  const auto problem = make_problem<2>(64, intensity, {}, "noise");
  const PlaneFft<2> fft(problem.grid);
  Progress progress(silent_monitor(), "phasing", 1);
  const auto phased =
      phase<2>(problem, fft, disc, {}, options, 42, 0, 2, silent_monitor(), progress);
  EXPECT_EQ(phased.ensemble.agreeing(), 1u);
  ASSERT_TRUE(phased.ensemble.shells.resolution_shell.has_value());
  EXPECT_LT(*phased.ensemble.shells.resolution_shell, 8);
  for (std::size_t s = 8; s < 32; ++s)
    EXPECT_LT(phased.ensemble.shells.prtf[s], 1 / std::numbers::e) << s;
}

TEST(Support, SymmetrisedHoldsWhatMostImagesHold) {
  constexpr std::size_t kN = 9, kC = 4;
  const auto at = [](std::size_t x, std::size_t y, std::size_t z) { return (z * kN + y) * kN + x; };
  std::vector<std::uint8_t> region(kN * kN * kN);
  region[at(kC, kC, kC)] = 1;
  // Of four images under C4 three, of four others one.
  for (const auto place : {at(kC + 2, kC, kC), at(kC, kC + 2, kC), at(kC - 2, kC, kC)})
    region[place] = 1;
  region[at(kC + 3, kC + 1, kC)] = 1;
  const auto out = symmetrised(Grid<3>{kN}, region, "C4");
  EXPECT_EQ(count_inside(out), 5u);
  EXPECT_TRUE(out[at(kC, kC - 2, kC)]);
  EXPECT_FALSE(out[at(kC + 3, kC + 1, kC)]);
  EXPECT_EQ(symmetrised(Grid<3>{kN}, region, std::nullopt), region);
  EXPECT_THROW(symmetrised(Grid<3>{kN}, region, "nonsense"), UserError);
  EXPECT_THROW(symmetrised(Grid<2>{kN}, {}, "C4"), UserError);
}

TEST(Reconstruction, SupportsFromAShrinkWrapAndTheMass) {
  const auto truth = asymmetric<2>(81);
  for (const SupportKind kind : {SupportKind::shrink_wrap, SupportKind::mass}) {
    PhasingOptions options;
    options.starts = 6;
    options.support.kind = kind;
    options.recipe = parse_recipe("DM:500,RAAR:100,ER:100");
    const Trial<2> run(intensity_of(truth), {}, 81, options);
    EXPECT_GE(successes(truth, run), 5u) << name_of(kind);
  }
}

}  // namespace
}  // namespace spi
