// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/suggestion.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// The fewest single letters to insert, delete or exchange, or neighbours to swap, whatever their
/// case (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::size_t> older, old(b.size() + 1), row(b.size() + 1);  // of b against a[0, i)
  std::iota(old.begin(), old.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool is_same = same(a[i - 1], b[j - 1]);
      row[j] = std::min({old[j] + 1, row[j - 1] + 1, old[j - 1] + (is_same ? 0 : 1)});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
        row[j] = std::min(row[j], older[j - 2] + 1);
    }
    older = std::exchange(old, row);
  }
  return old.back();
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
