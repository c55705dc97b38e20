// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/modes.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

namespace spi {
namespace {

/// Free bins within `stop` of the centre and, where `end` is given, beyond it and in a gap between
/// panels that leads there; a support of a block of the field.
struct Masked {
  Problem<2> problem;
  std::vector<std::uint8_t> support;

  Masked(std::size_t n, double stop, std::size_t wide, std::size_t high, double end = 0) {
    std::vector<float> intensity(n * n, 1.f);
    std::vector<bool> free(n * n);
    support.assign(n * n, 0);
    const auto c = double(n / 2);
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x) {
        const double r = std::hypot(double(x) - c, double(y) - c);
        const bool gap = std::abs(double(y) - c) <= 2;
        free[y * n + x] = r <= stop || (end > 0 && (gap || r >= end));
        support[y * n + x] = x >= 2 && x < 2 + wide && y >= 3 && y < 3 + high;
      }
    problem = make_problem<2>(n, intensity, free, "x");
  }
};

TEST(HiddenModes, AreTheEigenvaluesOfTheOperator) {
  for (const std::size_t n : {12, 13}) {
    const Masked masked(n, 2.3, 4, 5);
    const Grid<2> grid{n};
    const PlaneFft<2> fft(grid);
    // S F^-1 M F S as a matrix, column by column.
    const auto size = Eigen::Index(grid.size());
    Eigen::MatrixXd full(size, size);
    for (Eigen::Index column = 0; column < size; ++column) {
      std::vector<float> x(grid.size());
      x[std::size_t(column)] = masked.support[std::size_t(column)];
      std::vector<std::complex<float>> spectrum(grid.spectrum_size());
      fft.forward(x.data(), spectrum.data(), 1);
      for (std::size_t bin = 0; bin < spectrum.size(); ++bin)
        if (!masked.problem.is_free(bin) || radius(grid, bin) > 2.3) spectrum[bin] = 0;
      fft.backward(spectrum.data(), x.data(), 1);
      for (Eigen::Index row = 0; row < size; ++row)
        full(row, column) =
            masked.support[std::size_t(row)] * double(x[std::size_t(row)]) / double(grid.size());
    }
    const Eigen::VectorXd expected =
        Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(full).eigenvalues();
    const HiddenModes modes = hidden_modes(masked.problem, fft, masked.support, 1);
    ASSERT_FALSE(modes.modes.empty());
    EXPECT_TRUE(modes.complete);
    EXPECT_EQ(modes.free_bins, masked.problem.masked_centre);
    for (std::size_t k = 0; k < modes.modes.size(); ++k)
      EXPECT_NEAR(modes.modes[k].hidden, expected[size - 1 - Eigen::Index(k)], 1e-5);
    EXPECT_LT(expected[size - 1 - Eigen::Index(modes.modes.size())], HiddenModes::kHidden + 1e-5);
  }
}

TEST(HiddenModes, AreNamedByTheirOrder) {
  const Masked masked(64, 10, 7, 5);
  const PlaneFft<2> fft(Grid<2>{64});
  const HiddenModes modes = hidden_modes(masked.problem, fft, masked.support, 1);
  // The first fringes of the body lie 64/7 and 64/5 bins from the centre: within 10 bins it shows
  // little but its mass.
  ASSERT_GE(modes.modes.size(), 1u);
  EXPECT_EQ(modes.modes[0].name, "total mass");
  EXPECT_GT(modes.modes[0].name_share, 0.8);
  EXPECT_NE(modes.summary().find("total mass"), std::string::npos);
  for (std::size_t k = 1; k < modes.modes.size(); ++k)
    EXPECT_LE(modes.modes[k].hidden, modes.modes[k - 1].hidden);
}

TEST(HiddenModes, OfALargeCentreAreThoseOfItsInnermostBins) {
  // Some 128 000 free bins beyond the end are more than are looked through, 1961 of the centre
  // more than take part.
  const Masked large(400, 25, 40, 30, 100), small(400, 25, 40, 30);
  const PlaneFft<2> fft(Grid<2>{400});
  const HiddenModes of_large = hidden_modes(large.problem, fft, large.support, 2);
  const HiddenModes of_small = hidden_modes(small.problem, fft, small.support, 2);
  EXPECT_FALSE(of_large.complete);
  EXPECT_FALSE(of_small.complete);
  ASSERT_EQ(of_large.modes.size(), of_small.modes.size());
  for (std::size_t k = 0; k < of_large.modes.size(); ++k)
    EXPECT_EQ(of_large.modes[k].hidden, of_small.modes[k].hidden);
}

TEST(HiddenModes, NoneWhereTheCentreIsMeasured) {
  Masked masked(16, -1, 5, 5);
  const PlaneFft<2> fft(Grid<2>{16});
  EXPECT_TRUE(hidden_modes(masked.problem, fft, masked.support, 1).modes.empty());
  EXPECT_EQ(hidden_modes(masked.problem, fft, masked.support, 1).summary(), "");
}

}  // namespace
}  // namespace spi
