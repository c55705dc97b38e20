// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/expression.h"

#include <cmath>

#include "tests/reference/condition_reference.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Four rows; the last has no values.
Table small_table() {
  Table table("t", {10, 11, 12, 13});
  table.join(
      "t", table.ids(),
      {{.name = "t.c1", .values = {-1, 0, 0.5, kNone}},
       {.name = "t.gain", .values = {1, 2, 3, kNone}},
       {.name = "t.truth.kind", .values = {0, 1, 0, kNone}, .labels = {"cube", "a rod"}},
       {.name = "t.word", .values = {0, 1, 2, kNone}, .labels = {"x", "y", "z"}, .is_text = true},
       {.name = "t.other", .values = {0, 1, 1, 0}, .labels = {"A", "B"}},
       {.name = "my-table.c1 (px)", .values = {4, 5, 6, 7}}});
  return table;
}

/// "10?0": yes, no, unknown, no.
std::string answer(const std::string& condition) {
  std::string text;
  for (const Truth truth : evaluate(condition, small_table()))
    text += truth == Truth::yes ? '1' : truth == Truth::no ? '0' : '?';
  return text;
}

TEST(Expression, SaysWhatItMeans) {
  EXPECT_EQ(answer("c1 < 0.2"), "110?");
  EXPECT_EQ(answer("c1<0.2&&gain>1.5"), "010?");
  EXPECT_EQ(answer("id >= 11 && id != 12"), "0101");
  EXPECT_EQ(answer("2 * gain - 1 == 3"), "010?");
  EXPECT_EQ(answer("-c1 > 0 || gain > 2.5"), "101?");
  EXPECT_EQ(answer("1 - 1 - 1 == -1 && 8 / 4 / 2 == 1 && 2 + 3 * 4 == 14"), "1111");
  EXPECT_EQ(answer("!(c1 < 0.2)"), "001?");
  EXPECT_EQ(answer("!isnan(c1) && !(c1 < 0.2)"), "0010");
  EXPECT_EQ(answer("max(c1, gain, 2) == 2"), "110?");
  EXPECT_EQ(answer("abs(c1) + sqrt(4) >= 2.5"), "101?");
  EXPECT_EQ(answer("log(1) == 0 && 1e1 == 10 && .5 == 5e-1"), "1111");
  EXPECT_EQ(answer("`my-table.c1 (px)` > 5"), "0011");
}

TEST(Expression, LabelsAreComparedWithTexts) {
  EXPECT_EQ(answer("kind == 'cube'"), "101?");
  EXPECT_EQ(answer("\"a rod\" != truth.kind"), "101?");
  EXPECT_EQ(answer("kind == 1"), "010?");
  EXPECT_EQ(answer("word == 'y' || (word) == 'z'"), "011?");
  EXPECT_EQ(answer("isnan(word) || isnan(kind)"), "0001");
}

TEST(Expression, MissingValuesLeaveItOpenUnlessTheOtherSideDecides) {
  EXPECT_EQ(answer("gain == gain"), "111?");
  EXPECT_EQ(answer("gain > 0 || id > 0"), "1111");
  EXPECT_EQ(answer("gain > 0 && id < 0"), "0000");
  EXPECT_EQ(answer("sqrt(c1) >= 0"), "?11?");
  EXPECT_EQ(answer("min(c1, 0) <= 0"), "111?");
  EXPECT_EQ(answer("0 / c1 == 0"), "1?1?");
}

TEST(Expression, RandomTreesAgreeWithTheirDefinition) {
  const std::vector<std::string> columns{"a", "b", "c"};
  constexpr std::size_t kRows = 40;
  std::vector<std::uint64_t> ids(kRows);
  std::vector<TableColumn> values;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    values.push_back({.name = "t." + columns[c]});
    for (std::size_t i = 0; i < kRows; ++i) {
      ids[i] = i;
      Random random(2, std::uint32_t(c), i);
      values[c].values.push_back(random.below(5) == 0 ? kNone : double(random.below(13)) / 2 - 3);
    }
  }
  Table table("t", ids);
  table.join("t", ids, values);
  std::size_t seen[3] = {};
  for (std::uint64_t n = 0; n < 3000; ++n) {
    Random random(1, 0, n);
    const reference::Tree tree = reference::random_condition(random, int(n % 5), columns);
    const std::string text = reference::written(tree, random);
    const auto truth = evaluate(text, table);
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto expected = reference::truth_of(tree, [&](const std::string& name) {
        return values[std::size_t(name[0] - 'a')].values[row];
      });
      const Truth wanted = !expected ? Truth::unknown : *expected ? Truth::yes : Truth::no;
      ASSERT_EQ(truth[row], wanted) << text << " in row " << row;
      ++seen[std::size_t(wanted)];
    }
  }
  for (const std::size_t count : seen) EXPECT_GT(count, 3000u * kRows / 10);  // all three occur
}

void expect_refused(const std::string& condition, const std::vector<std::string>& words) {
  expect_error([&] { evaluate(condition, small_table()); }, words);
}

TEST(Expression, MistakesAreMarkedWhereTheyAre) {
  expect_refused("c1 < 0.2 && && gain > 1",
                 {"expected a number", "(character 13)", "\n              ^"});
  expect_refused("", {"expected a number", "(character 1)"});
  expect_refused("c1 < 0.2 gain", {"expected an operator", "(character 10)"});
  expect_refused("(c1 < 0.2", {"expected ')'", "(character 10)"});
  expect_refused("c1", {"no condition"});
  expect_refused("c1 = 2", {"write ==", "(character 4)"});
  expect_refused("0 < c1 < 2", {"chained", "(character 8)"});
  expect_refused("c1 && gain", {"expected a condition", "(character 1)"});
  expect_refused("!c1 < 2", {"expected a condition", "(character 2)"});
  expect_refused("(c1 < 2) + 1 > 0", {"this is a condition", "(character 1)"});
  expect_refused("c1 < 0.2 & gain > 1", {"such as &&", "(character 10)"});
  expect_refused("gaim > 1", {"unknown column 'gaim'", "did you mean 'gain'?", "\n  ^"});
  expect_refused("exp(c1) > 1", {"unknown function", "abs, sqrt, log"});
  expect_refused("min(c1) > 1", {"two numbers"});
  expect_refused("abs(c1, 2) > 1", {"one number"});
  expect_refused("abs(c1 > 1", {"this is a condition"});
  expect_refused("1e999 > c1", {"no number"});
  expect_refused("kind == 'cubes'", {"no label 'cubes'", "cube, a rod", "did you mean 'cube'?"});
  expect_refused("kind < 'cube'", {"by == or !="});
  expect_refused("kind == 'cube", {"no second '", "(character 9)"});
  expect_refused("c1 == 'cube'", {"column of labels"});
  expect_refused("word == 2", {"holds texts"});
  expect_refused("kind == other", {"different labels"});
  expect_refused("'a' == 'a'", {"column of labels"});
  expect_refused(std::string(1000, '(') + "c1 < 1", {"deep"});
  expect_refused("c1 > " + std::string(100000, '-') + "1", {"deep"});
}

TEST(Expression, LengthHasNoLimit) {
  std::string sum = "0";
  for (int n = 0; n < 100000; ++n) sum += "+1";
  EXPECT_EQ(answer(sum + " == 100000"), "1111");
}

/// Rubbish of three kinds: any bytes, words of the grammar, a condition with some letters changed.
std::string rubbish(std::uint64_t n) {
  const std::vector<std::string> words{
      "c1", "gain", "kind", "word", "'cube'", "(",  ")",  "!",  "-",
      "+",  "*",    "/",    "<",    "<=",     "==", "!=", "&&", "||",
      ",",  "min(", "1",    "2.5",  "1e5",    "'",  "`",  "\"", "isnan("};
  Random random(3, 0, n);
  const auto byte = [&] { return char(random.below(256)); };
  std::string text;
  if (n % 3 == 0) {
    for (auto k = random.below(9); k > 0; --k) text += byte();
  } else if (n % 3 == 1) {
    for (auto k = random.below(9); k > 0; --k) text += words[random.below(words.size())] + " ";
  } else {
    text = reference::written(reference::random_condition(random, 3, {"c1", "gain"}), random);
    const char signs[] = "()<>=!&|+-*/.,'`\"1ce \0";
    for (auto k = random.below(3); k > 0; --k)
      text[random.below(text.size())] = signs[random.below(sizeof signs)];
  }
  return text;
}

TEST(Expression, NoTextEndsOtherwiseThanWithAnAnswerOrAnError) {
  const Table table = small_table();
  constexpr std::uint64_t kTexts = 60000;
  std::size_t answers = 0;
  for (std::uint64_t n = 0; n < kTexts; ++n) {
    try {
      evaluate(rubbish(n), table);
      ++answers;
    } catch (const UserError& error) {
      ASSERT_STRNE(error.what(), "");
    }
  }
  EXPECT_GT(answers, kTexts / 10);  // a third of the last kind is unchanged
  EXPECT_LT(answers, kTexts / 3);
}

}  // namespace
}  // namespace spi
