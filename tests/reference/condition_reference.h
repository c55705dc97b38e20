// SPDX-License-Identifier: GPL-3.0-or-later
// Conditions as trees, evaluated by their definition, and written down as a user would.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/quantity.h"
#include "libspi/base/random.h"

namespace spi::reference {

struct Tree {
  std::string op;  ///< "number", "column", an operator or a function
  double value = 0;
  std::string name = {};  ///< of a column
  std::vector<Tree> parts = {};
};

/// A column's value, NaN where missing.
template <class Value>
double number_of(const Tree& t, const Value& value) {
  if (t.op == "number") return t.value;
  if (t.op == "column") return value(t.name);
  std::vector<double> x;
  for (const Tree& part : t.parts) x.push_back(number_of(part, value));
  const bool missing = std::ranges::any_of(x, [](double v) { return std::isnan(v); });
  if (missing) return std::numeric_limits<double>::quiet_NaN();
  if (t.op == "+" && x.size() == 2) return x[0] + x[1];
  if (t.op == "-" && x.size() == 2) return x[0] - x[1];
  if (t.op == "-") return -x[0];
  if (t.op == "*") return x[0] * x[1];
  if (t.op == "/") return x[0] / x[1];
  if (t.op == "abs") return std::fabs(x[0]);
  if (t.op == "sqrt") return std::sqrt(x[0]);
  if (t.op == "log") return std::log(x[0]);
  if (t.op == "min") return *std::ranges::min_element(x);
  return *std::ranges::max_element(x);
}

/// nullopt: it cannot be known. For && and || it can where every way of filling in the unknown
/// gives the same.
template <class Value>
std::optional<bool> truth_of(const Tree& t, const Value& value) {
  if (t.op == "isnan") return std::isnan(number_of(t.parts[0], value));
  if (t.op == "!") {
    const auto part = truth_of(t.parts[0], value);
    return part ? std::optional(!*part) : std::nullopt;
  }
  if (t.op == "&&" || t.op == "||") {
    bool may_hold = false, may_fail = false;
    const auto a = truth_of(t.parts[0], value), b = truth_of(t.parts[1], value);
    for (const bool fill_a : {false, true})
      for (const bool fill_b : {false, true}) {
        const bool x = a.value_or(fill_a), y = b.value_or(fill_b);
        ((t.op == "&&" ? x && y : x || y) ? may_hold : may_fail) = true;
      }
    return may_hold && may_fail ? std::nullopt : std::optional(may_hold);
  }
  const double a = number_of(t.parts[0], value), b = number_of(t.parts[1], value);
  if (std::isnan(a) || std::isnan(b)) return std::nullopt;
  if (t.op == "<") return a < b;
  if (t.op == "<=") return a <= b;
  if (t.op == ">") return a > b;
  if (t.op == ">=") return a >= b;
  return t.op == "==" ? a == b : a != b;
}

/// How tightly an operator binds.
inline int strength(const Tree& t) {
  if (t.op == "||") return 1;
  if (t.op == "&&") return 2;
  if (t.parts.size() == 2 && std::string("< <= > >= == !=").find(t.op) != std::string::npos)
    return 3;
  if (t.parts.size() == 2 && (t.op == "+" || t.op == "-")) return 4;
  if (t.op == "*" || t.op == "/") return 5;
  if (t.op == "!" || t.op == "-") return 6;
  return 7;
}

/// The tree as text, with the parentheses it needs and now and then more, and odd blanks.
inline std::string written(const Tree& t, Random& random) {
  const auto blank = [&] { return random.below(3) ? std::string(" ") : std::string(); };
  const auto part = [&](std::size_t k, int least) {
    const std::string text = written(t.parts[k], random);
    const bool needed = strength(t.parts[k]) < least;
    return needed || random.below(8) == 0 ? "(" + blank() + text + blank() + ")" : text;
  };
  if (t.op == "number") return print_number(t.value);
  if (t.op == "column") return t.name;
  const int own = strength(t);
  if (own == 6) return t.op + blank() + part(0, 6);
  if (own < 6) {
    // Left to right; a comparison's sides are sums.
    return part(0, own == 3 ? 4 : own) + " " + t.op + blank() + part(1, own + 1);
  }
  std::string text = t.op + blank() + "(";
  for (std::size_t k = 0; k < t.parts.size(); ++k) text += (k ? "," + blank() : "") + part(k, 0);
  return text + ")";
}

inline Tree random_number(Random& random, int depth, const std::vector<std::string>& columns) {
  const auto again = [&] { return random_number(random, depth - 1, columns); };
  const auto kind = depth == 0 ? random.below(2) : random.below(12);
  if (kind == 0 || kind == 2)
    return {.op = "number", .value = double(random.below(9)) / 2};  // ties with columns happen
  if (kind == 1 || kind == 3)
    return {.op = "column", .name = columns[random.below(columns.size())]};
  constexpr const char* kOne[] = {"-", "abs", "sqrt", "log"};
  if (kind < 6) return {.op = kOne[random.below(4)], .parts = {again()}};
  if (kind < 10) {
    constexpr const char* kTwo[] = {"+", "-", "*", "/"};
    return {.op = kTwo[random.below(4)], .parts = {again(), again()}};
  }
  Tree tree{.op = kind == 10 ? "min" : "max"};
  for (std::uint64_t n = 2 + random.below(3); n > 0; --n) tree.parts.push_back(again());
  return tree;
}

inline Tree random_condition(Random& random, int depth, const std::vector<std::string>& columns) {
  const auto again = [&] { return random_condition(random, depth - 1, columns); };
  const auto kind = depth == 0 ? 9 : random.below(10);
  if (kind < 3) return {.op = "&&", .parts = {again(), again()}};
  if (kind < 6) return {.op = "||", .parts = {again(), again()}};
  if (kind < 7) return {.op = "!", .parts = {again()}};
  const int small = std::min(depth, 3);
  if (kind < 8) return {.op = "isnan", .parts = {random_number(random, small, columns)}};
  constexpr const char* kComparisons[] = {"<", "<=", ">", ">=", "==", "!="};
  return {.op = kComparisons[random.below(6)],
          .parts = {random_number(random, small, columns), random_number(random, small, columns)}};
}

}  // namespace spi::reference
