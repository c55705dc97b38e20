// SPDX-License-Identifier: GPL-3.0-or-later
// Mixtures and what is drawn from them.
#include "libspi/simulate/population.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "libspi/base/error.h"

namespace spi {
namespace {

TEST(Mixture, WeightsAreFractionsThatSumToOne) {
  const auto mixture = parse_mixture("cube:1/3,sphere:1/3,dimer:1/3,rod");
  ASSERT_EQ(mixture.size(), 4u);
  EXPECT_EQ(mixture[1].shape, Shape::sphere);
  EXPECT_NEAR(mixture[0].weight, 1.0 / 6, 1e-15);
  EXPECT_NEAR(mixture[3].weight, 0.5, 1e-15);
  const auto files = parse_mixture("open.pdb:0.3,dir/closed.cif:0.7");
  EXPECT_EQ(files[1].name, "closed");
  EXPECT_EQ(files[1].file, "dir/closed.cif");
}

TEST(Mixture, RefusesNonsense) {
  for (const char* text : {"", "cub", "cube:", "cube:x", "cube:-1,sphere:2", "cube:0",
                           "cube:0,sphere:0", "cube:1/0", "cube,closed.pdb", "cube:inf"})
    EXPECT_THROW(parse_mixture(text), UserError) << text;
}

TEST(Quotas, AreExact) {
  EXPECT_EQ(quotas({1, 1, 1}, 9), (std::vector<std::size_t>{3, 3, 3}));
  EXPECT_EQ(quotas({0.5, 0.3, 0.2}, 7), (std::vector<std::size_t>{4, 2, 1}));  // 3.5, 2.1, 1.4
  EXPECT_EQ(quotas({1, 1, 1}, 2), (std::vector<std::size_t>{1, 1, 0}));
  EXPECT_EQ(quotas({0, 1}, 5), (std::vector<std::size_t>{0, 5}));
  EXPECT_EQ(quotas({1.0 / 3, 1.0 / 5, 1.0 / 4, 13.0 / 180, 13.0 / 180, 13.0 / 180}, 180),
            (std::vector<std::size_t>{60, 36, 45, 13, 13, 13}));
}

Population gold(std::size_t n, std::uint64_t seed = 1) {
  PopulationOptions options;
  options.edge_A = 420;
  options.size_spread = 0.02;
  options.melting = {0.2, 0.6};
  return Population(parse_mixture("cube,transition,sphere,rod"), options, n, seed, 0.02, 1);
}

TEST(Population, MeetsItsQuotasInShuffledOrder) {
  const Population population = gold(400);
  std::map<std::size_t, int> count, early;
  for (std::uint64_t id = 0; id < 400; ++id) {
    ++count[population.shot(id).kind];
    if (id < 100) ++early[population.shot(id).kind];
  }
  for (std::size_t kind = 0; kind < 4; ++kind) {
    EXPECT_EQ(count[kind], 100);
    EXPECT_NEAR(early[kind], 25, 20);  // hypergeometric, standard deviation 3.8
  }
}

TEST(Population, MeltingSaysWhatTheKindIs) {
  const Population population = gold(200);
  double low = 1, high = 0;
  for (std::uint64_t id = 0; id < 200; ++id) {
    const Shot shot = population.shot(id);
    if (shot.kind == 0) {
      EXPECT_EQ(shot.melting, 0);
    }
    if (shot.kind == 2) {
      EXPECT_EQ(shot.melting, 1);
    }
    if (shot.kind == 3) {
      EXPECT_TRUE(std::isnan(shot.melting));
    }
    if (shot.kind != 1) continue;
    low = std::min(low, shot.melting), high = std::max(high, shot.melting);
  }
  EXPECT_GE(low, 0.2);
  EXPECT_LT(high, 0.6);
  EXPECT_GT(high - low, 0.3);  // fifty uniform draws leave a quarter uncovered once in 10^5
}

TEST(Population, SizesSpread) {
  constexpr int n = 4000;
  const Population population = gold(n);
  double sum = 0, squares = 0;
  for (int id = 0; id < n; ++id) {
    const double x = population.shot(id).edge_A / 420 - 1;
    sum += x / n, squares += x * x / n;
  }
  EXPECT_NEAR(sum, 0, 5 * 0.02 / std::sqrt(n));
  EXPECT_NEAR(squares, 4e-4, 5 * 4e-4 * std::sqrt(2.0 / n));
}

TEST(Population, IsAFunctionOfSeedAndId) {
  const Population a = gold(50), b = gold(50), other = gold(50, 2);
  EXPECT_EQ(a.shot(17).model_from_lab, b.shot(17).model_from_lab);
  EXPECT_EQ(a.shot(17).edge_A, b.shot(17).edge_A);
  EXPECT_NE(a.shot(17).edge_A, other.shot(17).edge_A);
  EXPECT_NE(a.shot(17).edge_A, a.shot(18).edge_A);
}

TEST(Population, RefusesNonsense) {
  PopulationOptions options;
  EXPECT_THROW(Population(parse_mixture("cube"), options, 1, 1, 0.02, 1), UserError) << "no edge";
  options.edge_A = 420;
  options.melting = {0.5, 0.2};
  EXPECT_THROW(Population(parse_mixture("cube"), options, 1, 1, 0.02, 1), UserError);
  options.melting = {0, 1.5};
  EXPECT_THROW(Population(parse_mixture("cube"), options, 1, 1, 0.02, 1), UserError);
  EXPECT_THROW(Population(parse_mixture("missing.pdb"), {}, 1, 1, 0.02, 1), UserError);
}

}  // namespace
}  // namespace spi
