// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/selection.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "libspi/base/error.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/byte_file.h"
#include "libspi/io/record.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHeading = "# ids of ";

std::vector<std::uint64_t> sorted(std::vector<std::uint64_t> values) {
  if (!std::ranges::is_sorted(values)) std::ranges::sort(values);
  return values;
}

void check_distinct(const std::string& name, const char* what,
                    const std::vector<std::uint64_t>& values) {
  const auto ordered = sorted(values);
  const auto twice = std::ranges::adjacent_find(ordered);
  if (twice != ordered.end()) fail(name, ": the ", what, " ", *twice, " comes twice");
}

template <class T>
void read_companion(const h5::File& file, const char* dataset, std::vector<T>& values,
                    std::size_t n) {
  if (file.exists(dataset)) values = file.read<T>(dataset, {n});
}

Selection read_hdf5(const fs::path& path) {
  const h5::File file = h5::File::open(path);
  const std::string format = format_of(file);
  if (format != "spi-selection")
    fail(path.string(), " is ", format.empty() ? "not a file of ours" : "a file of kind " + format,
         ", not a selection: spi-select makes one");
  Selection selection{.name = path.string()};
  selection.of = with_context("reading the attribute 'of' of " + path.string(), [&] {
    return Text<SelectionOf>::parse(file.text_attribute("/", "of"));
  });
  selection.count = std::uint64_t(file.number_attribute("/", "count"));
  selection.rule = file.read_text("/rule");
  selection.id = file.read<std::uint64_t>("/id");
  const std::size_t n = selection.id.size();
  selection.index = file.read<std::uint64_t>("/index", {n});
  read_companion(file, "/average", selection.average, n);
  read_companion(file, "/probability", selection.probability, n);
  read_companion(file, "/angle", selection.angle, n);
  read_companion(file, "/fluence", selection.fluence, n);
  check_distinct(selection.name, "id", selection.id);
  check_distinct(selection.name, "index", selection.index);
  for (const std::uint64_t at : selection.index)
    if (at >= selection.count)
      fail(selection.name, ": the index ", at, " is beyond the ", selection.count, " ",
           name_of(*selection.of), " it was selected from");
  return selection;
}

std::string_view trimmed(std::string_view line) {
  line = line.substr(0, line.find('#'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
    line.remove_suffix(1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  return line;
}

/// The numbers of a text, one a line.
std::vector<std::uint64_t> parse_lines(const std::string& name, std::string_view text) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t start = 0, line = 1; start < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view word = trimmed(text.substr(start, end - start));
    start = end + 1;
    if (word.empty()) continue;
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || rest != word.data() + word.size())
      fail(name, ": line ", line, " is '", word.substr(0, 40),
           "', expected an id, or 0 or 1 in a blacklist");
    numbers.push_back(number);
  }
  return numbers;
}

/// What the heading of a list of ids says it is of.
std::optional<SelectionOf> kind_in_heading(std::string_view text) {
  if (!text.starts_with(kHeading)) return std::nullopt;
  text.remove_prefix(kHeading.size());
  for (const SelectionOf of : {SelectionOf::averages, SelectionOf::frames})
    if (text.starts_with(name_of(of))) return of;
  return std::nullopt;
}

std::vector<bool> selected_places(const Selection& selection, std::size_t things) {
  if (selection.count != things)
    fail(selection.name, " is a blacklist of ", selection.count, " frames, but there are ", things,
         ": it needs a line for every frame, in file order");
  std::vector<bool> chosen(things);
  for (const std::uint64_t at : selection.index) chosen[at] = true;
  return chosen;
}

}  // namespace

Selection selection_of(const std::vector<bool>& chosen, const std::vector<std::uint64_t>& ids,
                       SelectionOf of, std::string rule) {
  SPI_ASSERT(chosen.size() == ids.size());
  Selection selection{.of = of, .count = ids.size(), .rule = std::move(rule)};
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (chosen[i]) {
      selection.id.push_back(ids[i]);
      selection.index.push_back(i);
    }
  return selection;
}

void write_selection(const fs::path& path, const Selection& selection,
                     const Provenance& provenance) {
  SPI_ASSERT(selection.of && selection.index.size() == selection.id.size());
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, "spi-selection", provenance);
  file.set_attribute("/", "of", std::string(name_of(*selection.of)));
  file.set_attribute("/", "count", std::int64_t(selection.count));
  file.write_text("/rule", selection.rule);
  file.write("/id", selection.id);
  file.write("/index", selection.index);
  if (!selection.average.empty()) {
    file.write("/average", selection.average, {selection.size()});
    file.write("/probability", selection.probability, {selection.size()});
    file.write("/angle", selection.angle, {selection.size()});
    file.set_attribute("/angle", "unit", "rad");
    file.write("/fluence", selection.fluence, {selection.size()});
  }
  file.close();
  target.commit();
}

void write_blacklist(const fs::path& path, const Selection& selection) {
  SPI_ASSERT(selection.index.size() == selection.size());
  std::string text;
  for (std::uint64_t i = 0; i < selection.count; ++i) text += "1\n";
  for (const std::uint64_t at : selection.index) text[2 * at] = '0';
  write_text(path, text);
}

std::string id_list_heading(SelectionOf of) { return text_of(kHeading, name_of(of), "\n"); }

void write_id_list(const fs::path& path, const Selection& selection) {
  SPI_ASSERT(selection.of && !selection.is_blacklist);
  std::string text = id_list_heading(*selection.of);
  for (const std::uint64_t id : selection.id) text += std::to_string(id) + "\n";
  write_text(path, text);
}

Selection parse_selection(std::string_view text, const std::string& name) {
  Selection selection{.of = kind_in_heading(text), .name = name};
  std::vector<std::uint64_t> numbers = parse_lines(selection.name, text);
  if (numbers.empty() && !text.starts_with(kHeading))
    fail(selection.name, " is empty: neither a selection, nor a blacklist, nor a list of ids");
  selection.is_blacklist = !text.starts_with(kHeading) &&
                           std::ranges::all_of(numbers, [](auto number) { return number <= 1; });
  if (!selection.is_blacklist) {
    check_distinct(selection.name, "id", numbers);
    selection.id = std::move(numbers);
    selection.rule = "the ids in " + selection.name;
    return selection;
  }
  selection.of = SelectionOf::frames;
  selection.count = numbers.size();
  selection.rule = "not blacklisted in " + selection.name;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (numbers[i] == 0) selection.index.push_back(i);
  return selection;
}

Selection read_selection(const fs::path& path) {
  if (h5::File::is_hdf5(path)) return read_hdf5(path);
  const ByteFile file(path);
  const auto bytes = file.read<char>(0, file.size());
  return parse_selection({bytes.data(), bytes.size()}, path.string());
}

std::vector<bool> selected(const Selection& selection, const std::vector<std::uint64_t>& ids,
                           SelectionOf of) {
  if (selection.of && *selection.of != of)
    fail(selection.name, " selects ", name_of(*selection.of), ", not ", name_of(of),
         of == SelectionOf::frames ? ": spi-select --averages gives the frames behind averages"
                                   : "");
  if (selection.is_blacklist) return selected_places(selection, ids.size());
  const auto wanted = sorted(selection.id);
  std::vector<bool> chosen(ids.size());
  bool any = wanted.empty() || ids.empty();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    chosen[i] = std::ranges::binary_search(wanted, ids[i]);
    any = any || chosen[i];
  }
  if (!any)
    fail("none of the ", wanted.size(), " ids in ", selection.name, " is among the ", ids.size(),
         " ", name_of(of), " (ids from ", *std::ranges::min_element(ids), " to ",
         *std::ranges::max_element(ids), ")");
  return chosen;
}

}  // namespace spi
