// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/suggestion.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// The fewest single letters to insert, delete or exchange (Levenshtein), whatever their case.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t exchanged = diagonal + (lower(a[i - 1]) != lower(b[j - 1]) ? 1 : 0);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, exchanged});
    }
  }
  return row.back();
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 60;
  if (word.size() > kLongest) return "";
  std::size_t nearest = std::max<std::size_t>(2, word.size() / 3 + 1);  // and nothing that far away
  std::string name;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < nearest) nearest = distance, name = candidate;
  }
  return name.empty() ? "" : "; did you mean '" + name + "'?";
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 40;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i)
    text += (i ? ", " : "") + names[i];
  return names.size() > kMost ? text_of(text, ", ... (", names.size(), " in all)") : text;
}

}  // namespace spi
