// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/cif_atoms.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "libspi/base/error.h"
#include "libspi/base/quantity.h"

namespace spi {
namespace {

struct Word {
  std::string_view text;
  bool is_quoted = false;  ///< a value, whatever it looks like
};

/// Splits CIF into words: bare, in quotes, or a block of lines between semicolons.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  /// False at the end of the text.
  bool next(Word& word) {
    skip_blank();
    if (rest_.empty()) return false;
    const char first = rest_.front();
    if (first == ';' && at_line_start_) return take(word, 1, rest_.find("\n;", 1), 2);
    if (first == '\'' || first == '"') return take(word, 1, closing_quote(first), 1);
    const auto length = std::ranges::find_if(rest_, is_blank) - rest_.begin();
    word = {rest_.substr(0, length), false};
    advance(length);
    return true;
  }

 private:
  static bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

  void advance(std::size_t count) {
    if (count > 0) at_line_start_ = rest_[count - 1] == '\n';
    rest_.remove_prefix(count);
  }

  void skip_blank() {
    while (!rest_.empty() && (is_blank(rest_.front()) || rest_.front() == '#'))
      advance(rest_.front() == '#' ? std::min(rest_.find('\n'), rest_.size()) : 1);
  }

  /// A quote closes only before a blank: 'a dog's life' is one value.
  std::size_t closing_quote(char quote) const {
    for (std::size_t i = 1; i < rest_.size() && rest_[i] != '\n'; ++i)
      if (rest_[i] == quote && (i + 1 == rest_.size() || is_blank(rest_[i + 1]))) return i;
    return rest_.npos;
  }

  bool take(Word& word, std::size_t start, std::size_t end, std::size_t closing) {
    if (end == rest_.npos) fail("a quoted value does not end");
    word = {rest_.substr(start, end - start), true};
    advance(end + closing);
    return true;
  }

  std::string_view rest_;
  bool at_line_start_ = true;
};

bool is_keyword(const Word& word) {
  if (word.is_quoted) return false;
  const auto begins = [&](std::string_view start) {
    return word.text.size() >= start.size() &&
           std::ranges::equal(word.text.substr(0, start.size()), start, [](char a, char b) {
             return std::tolower(static_cast<unsigned char>(a)) == b;
           });
  };
  return begins("_") || begins("loop_") || begins("data_") || begins("save_");
}

/// Reads words up to the first column name of _atom_site; the names of its loop are left in
/// `columns`, the first value in `word`.
void find_loop(Words& words, Word& word, std::map<std::string, std::size_t>& columns) {
  constexpr std::string_view kCategory = "_atom_site.";
  const auto is_column = [&] { return !word.is_quoted && word.text.starts_with(kCategory); };
  bool more = words.next(word);
  while (more && !is_column()) more = words.next(word);
  for (; more && is_column(); more = words.next(word)) {
    const std::size_t place = columns.size();
    columns.emplace(word.text.substr(kCategory.size()), place);
  }
  if (!more) fail("the file has no atoms: no loop _atom_site with rows");
}

class Row {
 public:
  Row(const std::map<std::string, std::size_t>& columns,
      const std::vector<std::string_view>& values)
      : columns_(columns), values_(values) {}

  std::string text(const char* column, const std::string& otherwise) const {
    const auto found = columns_.find(column);
    if (found == columns_.end()) return otherwise;
    const std::string value(values_[found->second]);
    return value == "?" || value == "." ? otherwise : value;
  }
  double number(const char* column, const std::string& otherwise) const {
    const std::string value = text(column, otherwise);
    return parse_number(value.substr(0, value.find('(')));  // 1.234(5): the standard uncertainty
  }

 private:
  const std::map<std::string, std::size_t>& columns_;
  const std::vector<std::string_view>& values_;
};

}  // namespace

bool is_cif(std::string_view text) {
  Word word;
  return Words(text).next(word) && is_keyword(word) && !word.text.starts_with("_");
}

std::vector<CifAtom> parse_cif_atoms(std::string_view text) {
  Words words(text);
  Word word;
  std::map<std::string, std::size_t> columns;
  find_loop(words, word, columns);
  std::vector<CifAtom> atoms;
  std::vector<std::string_view> values;
  for (bool more = true; more && !is_keyword(word); more = words.next(word)) {
    values.push_back(word.text);
    if (values.size() < columns.size()) continue;
    const Row row(columns, values);
    atoms.push_back({.element = row.text("type_symbol", "X"),
                     .position_A = {row.number("Cartn_x", "none"), row.number("Cartn_y", "none"),
                                    row.number("Cartn_z", "none")},
                     .occupancy = row.number("occupancy", "1"),
                     .b_iso = row.number("B_iso_or_equiv", "0"),
                     .model = row.text("pdbx_PDB_model_num", "1")});
    values.clear();
  }
  if (!values.empty()) fail("the last row of _atom_site is cut short");
  return atoms;
}

}  // namespace spi
