// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/rules.h"

#include <cmath>
#include <limits>

#include "libspi/base/random.h"
#include "libspi/io/selection.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

using test::expect_error;
using test::write_file;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Table random_table(std::size_t rows) {
  std::vector<std::uint64_t> ids(rows);
  std::vector<TableColumn> columns{{.name = "t.c1"},
                                   {.name = "t.c2"},
                                   {.name = "t.c3"},
                                   {.name = "t.gain"},
                                   {.name = "t.cluster"}};
  for (std::size_t i = 0; i < rows; ++i) {
    Random random(8, 0, i);
    ids[i] = 1000 - i;
    for (std::size_t c = 0; c < 4; ++c)
      columns[c].values.push_back(random.below(20) == 0 ? kNone : random.uniform());
    columns[4].values.push_back(double(random.below(4)) - 1);
  }
  Table table("t", ids);
  table.join("t", ids, columns);
  return table;
}

class Rules : public test::InFolder {
 protected:
  const Table table_ = random_table(500);
  std::vector<bool> rows(const SelectOptions& options) { return choose(table_, options).rows; }
  /// A selection of these rows in a file.
  fs::path saved(const std::string& name, const std::vector<bool>& rows) {
    write_selection(at(name), selection_of(rows, table_.ids(), SelectionOf::averages, ""), {});
    return at(name);
  }
};

std::vector<bool> operator&(std::vector<bool> a, const std::vector<bool>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = a[i] && b[i];
  return a;
}
std::vector<bool> operator|(std::vector<bool> a, const std::vector<bool>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = a[i] || b[i];
  return a;
}
std::vector<bool> operator!(std::vector<bool> a) {
  a.flip();
  return a;
}

const Interval kBox{"c1", 0.2, 0.7};
const std::string kWhere = "c2 < 0.5";

TEST_F(Rules, EveryRuleSaysTheSameAsACondition) {
  const auto where = [&](const std::string& condition) { return rows({.where = condition}); };
  EXPECT_EQ(rows({.box = {kBox, {"c2", {}, 0.5}}}), where("c1 >= 0.2 && c1 <= 0.7 && c2 <= 0.5"));
  EXPECT_EQ(rows({.polygon = Text<Polygon>::parse("0,0 1,0 0,1")}), where("c1 + c2 <= 1"));
  EXPECT_EQ(rows({.polygon = Text<Polygon>::parse("0,0 1,0 0,1"),
                  .axes = std::vector<std::string>{"gain", "c3"}}),
            where("gain + c3 <= 1"));
  EXPECT_EQ(rows({.cluster = {"0", "-1"}}), where("cluster == 0 || cluster == -1"));
  const auto near = rows({.nearest = Text<Nearest>::parse("60@0.5,0.5,0.5")});
  EXPECT_EQ(std::ranges::count(near, true), 60);
  // What is within the distance of the farthest that was taken.
  const auto distance = [&](std::size_t i) {
    double sum = 0;
    for (const char* axis : {"c1", "c2", "c3"}) sum += std::pow(table_.numbers(axis)[i] - 0.5, 2);
    return sum;
  };
  double farthest = 0;
  for (std::size_t i = 0; i < near.size(); ++i)
    if (near[i]) farthest = std::max(farthest, distance(i));
  for (std::size_t i = 0; i < near.size(); ++i) EXPECT_EQ(near[i], distance(i) <= farthest);
}

TEST_F(Rules, NearestToARowHasTheRow) {
  for (std::size_t row = 0; row < 20; ++row) {
    const auto id = table_.ids()[row];
    const double sum =
        table_.numbers("c1")[row] + table_.numbers("c2")[row] + table_.numbers("c3")[row];
    const SelectOptions options{.nearest = Nearest{.count = 1, .id = id}};
    if (std::isnan(sum)) {
      expect_error([&] { rows(options); }, {text_of("id ", id, " has no coordinates")});
      continue;
    }
    const auto taken = rows(options);
    EXPECT_TRUE(taken[row]);
    EXPECT_EQ(std::ranges::count(taken, true), 1);
  }
}

TEST_F(Rules, CombineLikeSets) {
  const auto box = rows({.box = {kBox}}), where = rows({.where = kWhere});
  EXPECT_EQ(rows({.box = {kBox}, .where = kWhere}), box & where);
  EXPECT_EQ(rows({.box = {kBox}, .where = kWhere, .unite = true}), box | where);
  EXPECT_EQ(rows({.box = {kBox}, .complement = true}), !box);
  // De Morgan.
  EXPECT_EQ(rows({.box = {kBox}, .where = kWhere, .unite = true, .complement = true}),
            (!box) & (!where));
  EXPECT_EQ(rows({.box = {kBox}, .where = kWhere, .complement = true}), (!box) | (!where));
}

TEST_F(Rules, OtherSelectionsCombineLikeSets) {
  const auto box = rows({.box = {kBox}}), where = rows({.where = kWhere});
  const auto clusters = rows({.cluster = {"1", "2"}});
  const fs::path b = saved("b.h5", where), c = saved("c.h5", clusters);
  EXPECT_EQ(rows({.ids = b}), where);
  EXPECT_EQ(rows({.both = {b}}), where);
  EXPECT_EQ(rows({.minus = {b}}), !where);
  EXPECT_EQ(rows({.box = {kBox}, .both = {b, c}}), box & where & clusters);
  EXPECT_EQ(rows({.box = {kBox}, .either = {b, c}}), box | where | clusters);
  EXPECT_EQ(rows({.box = {kBox}, .minus = {b, c}}), box & (!(where | clusters)));
  EXPECT_EQ(rows({.box = {kBox}, .both = {b}, .either = {c}, .minus = {b}}),
            ((box & where) | clusters) & (!where));
  EXPECT_EQ(rows({.box = {kBox}, .ids = b, .unite = true}), box | where);
  const auto all = std::vector<bool>(500, true);
  EXPECT_EQ(rows({.box = {kBox}, .either = {saved("n.h5", !box)}}), all);
  EXPECT_EQ(rows({.ids = saved("f.h5", !all)}), !all);
}

TEST_F(Rules, RowsWithoutValuesAreCountedAndNotTaken) {
  std::size_t missing = 0;
  for (std::size_t i = 0; i < table_.rows(); ++i)
    missing += std::isnan(table_.numbers("c1")[i]) || std::isnan(table_.numbers("c2")[i]);
  ASSERT_GT(missing, 0u);
  const auto text = text_of(missing, " of 500 averages have no value");
  for (const SelectOptions& options :
       {SelectOptions{.box = {{"c1", -9, 9}, {"c2", -9, 9}}},
        SelectOptions{.polygon = Text<Polygon>::parse("-9,-9 9,-9 9,9 -9,9")},
        SelectOptions{.where = "c1 + c2 < 9"}}) {
    const Choice choice = choose(table_, options);
    EXPECT_EQ(std::ranges::count(choice.rows, true), long(500 - missing));
    ASSERT_EQ(choice.notes.size(), 1u);
    EXPECT_NE(choice.notes[0].find(text), std::string::npos) << choice.notes[0];
  }
}

TEST_F(Rules, IdsThatAreNotThereAreCounted) {
  write_file(at("i.txt"), "1000\n999\n5\n123456\n");
  const Choice choice = choose(table_, {.ids = at("i.txt")});
  EXPECT_EQ(std::ranges::count(choice.rows, true), 2);
  ASSERT_EQ(choice.notes.size(), 1u);
  EXPECT_NE(choice.notes[0].find("2 of the 4 ids"), std::string::npos) << choice.notes[0];
}

TEST_F(Rules, RuleIsSaidInWords) {
  EXPECT_EQ(choose(table_, {.box = {kBox}, .where = kWhere}).rule, "box c1=0.2:0.7 and c2 < 0.5");
  write_file(at("i.txt"), "1000\n");
  EXPECT_EQ(choose(table_, {.cluster = {"1"}, .complement = true, .minus = {at("i.txt")}}).rule,
            "not (cluster 1) minus " + at("i.txt").string());
}

TEST_F(Rules, MistakesAreRefused) {
  const auto refused = [&](const SelectOptions& options, const std::vector<std::string>& words) {
    expect_error([&] { rows(options); }, words);
  };
  refused({}, {"say what to select"});
  refused({.complement = true}, {"--complement needs a rule"});
  refused({.unite = true}, {"--union needs a rule"});
  refused({.either = {"a.h5"}}, {"--or needs a rule"});
  refused({.box = {{"d1", 0, 1}}}, {"unknown column 'd1'", "did you mean"});
  refused({.cluster = {"7"}}, {"no cluster '7'", "-1, 0, 1, 2"});
  refused({.cluster = {"x"}}, {"no cluster 'x'"});
  refused({.percentile = {{"c1", -1, 50}}}, {"beyond 0 to 100"});
  refused({.percentile = {{"c1", 1, 101}}}, {"beyond 0 to 100"});
  refused({.polygon = Text<Polygon>::parse("0,0 1,0 0,1"), .axes = std::vector<std::string>{"c1"}},
          {"--axes names 1"});
  refused({.nearest = Text<Nearest>::parse("5@0.5,0.5"), .axes = std::vector<std::string>{"c1"}},
          {"2 coordinates", "names 1"});
  refused({.nearest = Text<Nearest>::parse("5@id=77777")}, {"no id 77777"});
  refused({.ids = at("absent.h5")}, {"absent.h5"});
  refused({.where = "c1 <"}, {"expected a number", "--where"});
}

}  // namespace
}  // namespace spi
