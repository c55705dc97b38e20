// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/recipe.h"

#include <algorithm>
#include <cctype>

namespace spi {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == separator)
      parts.emplace_back();
    else if (c != ' ')
      parts.back() += c;
  return parts;
}

Step parse_step(const std::string& text) {
  const std::vector<std::string> parts = split(text, ':');
  std::string name = parts[0];
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  const auto& known = EnumNames<Algorithm>::values;
  const auto found = std::ranges::find(known, name);
  if (found == known.end())
    fail("'", parts[0], "' is not a step of phasing; the known ones are DM (difference map), ER ",
         "(error reduction), HIO (hybrid input-output) and RAAR, as in DM:200,ER:100");
  if (parts.size() < 2 || parts.size() > 3)
    fail("'", text, "' is not STEP:ITERATIONS or STEP:ITERATIONS:BETA");
  Step step{Algorithm(found - known.begin()), 0, 1};
  const long long iterations = parse_integer(parts[1]);
  if (iterations < 1 || iterations > 1000000)
    fail("'", text, "': iterations must be from 1 to 1000000");
  step.iterations = std::size_t(iterations);
  step.beta = parts.size() == 3 ? parse_number(parts[2]) : default_beta(step.algorithm);
  if (!(step.beta > 0 && step.beta <= 2)) fail("'", text, "': beta must be above 0 and at most 2");
  if (step.algorithm == Algorithm::ER && parts.size() == 3) fail("'", text, "': ER has no beta");
  return step;
}

}  // namespace

double default_beta(Algorithm algorithm) {
  return algorithm == Algorithm::HIO ? 0.9 : algorithm == Algorithm::RAAR ? 0.87 : 1;
}

std::size_t Recipe::iterations() const {
  std::size_t sum = 0;
  for (const Step& step : steps) sum += step.iterations;
  return sum;
}

Recipe parse_recipe(std::string_view text) {
  Recipe recipe{.steps = {}};
  for (const std::string& part : split(text, ',')) recipe.steps.push_back(parse_step(part));
  return recipe;
}

std::string print(const Recipe& recipe) {
  std::string text;
  for (const Step& step : recipe.steps) {
    text += text_of(text.empty() ? "" : ",", name_of(step.algorithm), ":", step.iterations);
    if (step.beta != default_beta(step.algorithm)) text += ":" + print_number(step.beta);
  }
  return text;
}

}  // namespace spi
