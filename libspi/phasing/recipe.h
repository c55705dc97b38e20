// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes: sequences of phasing algorithms, written "DM:200,ER:100".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "libspi/base/options.h"

namespace spi {

/// With P the projection onto the measured moduli and S onto support and positivity, an iteration
/// takes x to
///   ER    S P x                                             (error reduction; Fienup 1982)
///   HIO   P x where P x obeys support and positivity, x - b P x elsewhere      (Fienup 1982)
///   RAAR  b (x + S(2 P x - x) - P x) + (1 - b) P x                             (Luke 2005)
///   DM    x + b (S(2 P x - x) - P x)       (difference map; Elser 2003, its beta 1; b relaxes it)
enum class Algorithm { DM, ER, HIO, RAAR };
template <>
struct EnumNames<Algorithm> {
  static constexpr std::array<std::string_view, 4> values{"DM", "ER", "HIO", "RAAR"};
};

/// The b of an algorithm where the recipe does not say: 1 for DM, 0.9 for HIO, 0.87 for RAAR; ER
/// has none.
double default_beta(Algorithm algorithm);

struct Step {
  Algorithm algorithm = Algorithm::DM;
  std::size_t iterations = 0;
  double beta = 1;
  bool operator==(const Step&) const = default;
};

struct Recipe {
  std::vector<Step> steps = {
      {Algorithm::DM, 150, 1}, {Algorithm::RAAR, 100, 0.87}, {Algorithm::ER, 50, 1}};

  std::size_t iterations() const;
  bool operator==(const Recipe&) const = default;
};

/// "NAME:ITERATIONS[:BETA],...", names in any case; UserError lists the known steps. At least one
/// iteration in all; beta in (0, 2].
Recipe parse_recipe(std::string_view text);
std::string print(const Recipe& recipe);

template <>
struct Text<Recipe> {
  static std::string type() { return "STEP:ITERATIONS[:BETA],..."; }
  static Recipe parse(const std::string& text) { return parse_recipe(text); }
  static std::string print(const Recipe& recipe) { return spi::print(recipe); }
};

}  // namespace spi
