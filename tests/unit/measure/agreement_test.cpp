// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/measure/agreement.h"

#include <cmath>
#include <fstream>

#include "libspi/base/random.h"
#include "tests/unit/folder.h"

namespace spi {
namespace {

using test::expect_error;

constexpr std::size_t kRows = 300;

/// Two axes: a line from 0 to 1 beside which patterns scatter; `half` is which half of the line,
/// `chance` has nothing to do with it.
Table line() {
  std::vector<std::uint64_t> id(kRows);
  TableColumn c1{.name = "clpca.c1"}, c2{.name = "clpca.c2"}, position{.name = "truth.position"},
      half{.name = "truth.half", .labels = {"low", "high"}}, chance{.name = "chance"};
  for (std::size_t i = 0; i < kRows; ++i) {
    Random random(1, 0, i);
    id[i] = 2 * i;
    const double t = (double(i) + 0.5) / double(kRows);
    c1.values.push_back(1 - t), c2.values.push_back(0.01 * random.uniform());
    position.values.push_back(t * t);
    half.values.push_back(t > 0.5);
    chance.values.push_back(random.uniform());
  }
  Table table("test", id);
  table.join("test", id, {c1, c2, position, half, chance});
  return table;
}

TEST(LandscapeAgreement, AxesAreFoundByName) {
  EXPECT_EQ(landscape_axes(line(), {}), (std::vector<std::string>{"c1", "c2"}));
  EXPECT_EQ(landscape_axes(line(), {.axes = {{"chance"}}}), (std::vector<std::string>{"chance"}));
  Table bare("test", {1, 2});
  expect_error([&] { landscape_axes(bare, {}); }, {"--axes"});
}

TEST(LandscapeAgreement, NumbersAlongAnAxis) {
  const Agreement a = agreement(line(), {"c1", "c2"}, "truth/position", 7, 2);
  EXPECT_EQ(a.patterns, kRows);
  ASSERT_EQ(a.along.size(), 2u);
  EXPECT_DOUBLE_EQ(a.along[0], 1);  // whichever way it runs
  EXPECT_LT(a.along[1], 4 / std::sqrt(double(kRows)));
  // Seven neighbours of 300 even positions, scattered by 3 steps: ranks move by a few steps.
  EXPECT_GT(a.nearby, 0.99);
  EXPECT_TRUE(a.labels.empty());
}

TEST(LandscapeAgreement, WhatHasNothingToDoWithItIsNotRecognised) {
  const Agreement a = agreement(line(), {"c1", "c2"}, "chance", 7, 1);
  EXPECT_LT(std::abs(a.nearby), 4 / std::sqrt(double(kRows)));
}

TEST(LandscapeAgreement, LabelsAreThoseOfTheNeighbours) {
  const Agreement a = agreement(line(), {"c1", "c2"}, "half", 7, 3);
  ASSERT_EQ(a.labels.size(), 2u);
  EXPECT_EQ(a.labels[0].label, "low");
  EXPECT_EQ(a.labels[0].patterns + a.labels[1].patterns, kRows);
  // Only at the border can the others be more, some three patterns on either side.
  EXPECT_GE(a.nearby, 1 - 8. / double(kRows));
  EXPECT_LE(a.nearby, 1);
  EXPECT_EQ(agreement(line(), {"c1", "c2"}, "half", 7, 1).nearby, a.nearby);
  // The whole table as neighbours: each sees one more of the other half than of its own.
  EXPECT_EQ(agreement(line(), {"c1", "c2"}, "half", kRows - 1, 1).nearby, 0);
}

TEST(LandscapeAgreement, NumbersMayBeNames) {
  Table table = line();
  TableColumn cluster{.name = "clusters.cluster"};
  for (std::size_t i = 0; i < kRows; ++i) cluster.values.push_back(i < 20 ? -1 : i < 150 ? 7 : 3);
  table.join("clusters", table.ids(), {cluster});
  const Agreement a = agreement(table, {"c1", "c2"}, "cluster", 7, 1, KnownAs::names);
  EXPECT_EQ(a.patterns, kRows - 20);  // those of -1 are in none
  ASSERT_EQ(a.labels.size(), 2u);
  EXPECT_EQ(a.labels[0].label, "3");
  EXPECT_EQ(a.labels[1].label, "7");
  EXPECT_EQ(a.labels[1].patterns, 130u);
  EXPECT_TRUE(a.along.empty());
  EXPECT_GE(a.nearby, 1 - 8. / double(kRows));  // as LabelsAreThoseOfTheNeighbours
}

TEST(LandscapeAgreement, ColumnsOfFilesBesideTheInputs) {
  const test::Folder folder;
  const auto write = [&](const char* name, const char* heading, const auto& value) {
    std::ofstream file(folder / name);
    file << heading;
    for (int i = 0; i < 20; ++i) file << i << "," << value(i) << "\n";
    return folder / name;
  };
  const auto landscape = write("landscape.csv", "id,c1\n", [](int i) { return 0.1 * i; });
  const auto truth = write("truth.csv", "id,part\n", [](int i) { return i / 10; });
  AgreementOptions options;
  expect_error([&] { landscape_agreement({landscape}, options, 1, silent_monitor()); },
               {"--known", "--labels"});
  options.known = {{truth.string() + ":part"}};
  options.labels = options.known;
  options.neighbours = 3;
  const LandscapeAgreement found = landscape_agreement({landscape}, options, 1, silent_monitor());
  ASSERT_EQ(found.all.size(), 2u);
  EXPECT_EQ(found.all[0].known, "truth.part");
  EXPECT_GT(found.all[0].along.at(0), 0.8);
  EXPECT_EQ(found.all[1].labels.size(), 2u);
}

TEST(LandscapeAgreement, ValuesThatAreMissingAreLeftOut) {
  Table table = line();
  TableColumn sparse{.name = "sparse"};
  for (std::size_t i = 0; i < kRows; ++i)
    sparse.values.push_back(i < 10 ? double(i) : std::nan(""));
  table.join("sparse", table.ids(), {sparse});
  EXPECT_EQ(agreement(table, {"c1"}, "sparse", 7, 1).patterns, 10u);
  expect_error([&] { agreement(table, {"c1"}, "sparse", 10, 1); }, {"only 10 patterns"});
  expect_error([&] { agreement(table, {"c1"}, "spares", 7, 1); }, {"sparse"});
}

TEST(LandscapeAgreement, TableHasALineForEachLabel) {
  const std::vector<std::string> axes{"c1", "c2"};
  const std::vector<Agreement> all{agreement(line(), axes, "half", 7, 1),
                                   agreement(line(), axes, "chance", 7, 1)};
  const std::vector<Column> table = agreement_table(all, axes);
  ASSERT_EQ(table.size(), 5u);
  EXPECT_EQ(table[0].labels, (std::vector<std::string>{"half", "half=low", "half=high", "chance"}));
  EXPECT_EQ(table[3].name, "spearman_c1");
  EXPECT_TRUE(std::isnan(table[3].values[0]));
  EXPECT_DOUBLE_EQ(table[3].values[3], all[1].along[0]);
}

}  // namespace
}  // namespace spi
