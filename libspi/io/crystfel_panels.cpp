// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/crystfel_panels.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/quantity.h"

namespace spi {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// A leading number, which is taken off the text; a sign may stand apart from its digits.
std::optional<double> take_number(std::string_view& text) {
  std::string_view rest = trimmed(text);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest = trimmed(rest.substr(1));
  if (rest.starts_with('-')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  text = rest.substr(static_cast<std::size_t>(end - rest.data()));
  return negative ? -value : value;
}

double whole_number_text(std::string_view text) {
  std::string_view rest = text;
  const auto value = take_number(rest);
  if (!value || !trimmed(rest).empty()) fail("'", text, "' is not a number");
  return *value;
}

std::int64_t array_index(std::string_view text) {
  constexpr double kLargest = 1e9;
  const double value = whole_number_text(text);
  if (value < 0 || value > kLargest || value != std::floor(value))
    fail("'", text, "' is not an index of a data array");
  return static_cast<std::int64_t>(value);
}

/// "+0.0033x -0.99y": a vector in the lab. A letter without a number counts once.
std::array<double, 3> direction(std::string_view text) {
  std::array<double, 3> vector{};
  std::string_view rest = trimmed(text);
  if (rest.empty()) fail("an empty direction");
  while (!rest.empty()) {
    const double sign = rest.front() == '-' ? -1 : 1;
    std::string_view unsigned_rest = rest;
    if (rest.front() == '+' || rest.front() == '-') unsigned_rest = trimmed(rest.substr(1));
    const bool bare =
        !unsigned_rest.empty() && unsigned_rest.front() >= 'x' && unsigned_rest.front() <= 'z';
    const auto number = bare ? std::optional(sign) : take_number(rest);
    if (bare) rest = unsigned_rest;
    rest = trimmed(rest);
    if (!number || rest.empty() || rest.front() < 'x' || rest.front() > 'z')
      fail("'", text, "' is not a direction like +0.99x -0.01y");
    vector[static_cast<std::size_t>(rest.front() - 'x')] += *number;
    rest = trimmed(rest.substr(1));
  }
  return vector;
}

bool truth(std::string_view text) {
  if (text == "0" || text == "false") return false;
  if (text == "1" || text == "true") return true;
  fail("'", text, "' is neither 0 nor 1");
}

void set_dimension(CrystfelPanel& panel, std::string_view key, std::string_view value) {
  constexpr double kMostDimensions = 8;
  const double index = whole_number_text(key.substr(3));
  if (!(index >= 0 && index < kMostDimensions && index == std::floor(index)))
    fail("'", key, "' is not a dimension");
  const bool is_axis = value == "%" || value == "ss" || value == "fs";
  const auto position = static_cast<std::size_t>(index);
  if (panel.dims.size() <= position) panel.dims.resize(position + 1);
  panel.dims[position] = is_axis ? std::string(value) : std::to_string(array_index(value));
}

void set_panel_field(CrystfelPanel& panel, std::string_view key, std::string_view value) {
  if (key == "fs")
    panel.fs = direction(value);
  else if (key == "ss")
    panel.ss = direction(value);
  else if (key == "corner_x")
    panel.corner_x = whole_number_text(value);
  else if (key == "corner_y")
    panel.corner_y = whole_number_text(value);
  else if (key == "coffset")
    panel.coffset = whole_number_text(value);
  else if (key == "clen")
    panel.clen = value;
  else if (key == "res")
    panel.res = whole_number_text(value);
  else if (key == "min_fs")
    panel.min_fs = array_index(value);
  else if (key == "max_fs")
    panel.max_fs = array_index(value);
  else if (key == "min_ss")
    panel.min_ss = array_index(value);
  else if (key == "max_ss")
    panel.max_ss = array_index(value);
  else if (key == "data")
    panel.data = value;
  else if (key == "no_index")
    panel.no_index = truth(value);
  else if (key.size() == 4 && key.starts_with("dim"))
    set_dimension(panel, key, value);
}

void set_bad_field(CrystfelBadRegion& region, std::string_view key, std::string_view value) {
  if (key == "panel")
    region.panel = value;
  else if (key == "min_x")
    region.min_x = whole_number_text(value);
  else if (key == "max_x")
    region.max_x = whole_number_text(value);
  else if (key == "min_y")
    region.min_y = whole_number_text(value);
  else if (key == "max_y")
    region.max_y = whole_number_text(value);
  else if (key == "min_fs")
    region.min_fs = whole_number_text(value);
  else if (key == "max_fs")
    region.max_fs = whole_number_text(value);
  else if (key == "min_ss")
    region.min_ss = whole_number_text(value);
  else if (key == "max_ss")
    region.max_ss = whole_number_text(value);
}

/// The element of that name, made as a copy of `fresh` where it is new. The last one is tried
/// first: the lines of a panel stand together.
template <class Item>
Item& find_or_add(std::vector<Item>& items, std::string_view name, const Item& fresh) {
  if (!items.empty() && items.back().name == name) return items.back();
  const auto found = std::ranges::find(items, name, &Item::name);
  if (found != items.end()) return *found;
  items.push_back(fresh);
  items.back().name = name;
  return items.back();
}

/// One assignment. `defaults` collects the lines before the first panel that name none.
void take_assignment(CrystfelGeometry& geometry, CrystfelPanel& defaults, std::string_view key,
                     std::string_view value) {
  const auto slash = key.find('/');
  if (slash == key.npos) {
    if (key == "photon_energy")
      geometry.photon_energy = value;
    else
      set_panel_field(defaults, key, value);
    return;
  }
  const std::string_view owner = key.substr(0, slash), field = key.substr(slash + 1);
  if (owner.starts_with("bad"))
    set_bad_field(find_or_add(geometry.bad_regions, owner, {}), field, value);
  else
    set_panel_field(find_or_add(geometry.panels, owner, defaults), field, value);
}

}  // namespace

CrystfelGeometry parse_crystfel_panels(std::string_view text, const std::string& name) {
  CrystfelGeometry geometry;
  CrystfelPanel defaults;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = trimmed(line.substr(0, line.find(';')));
    const auto equals = line.find('=');
    if (line.empty() || equals == line.npos) continue;
    try {
      take_assignment(geometry, defaults, trimmed(line.substr(0, equals)),
                      trimmed(line.substr(equals + 1)));
    } catch (const UserError& error) {
      fail(name, ", line ", number, ": ", error.what());
    }
  }
  if (geometry.panels.empty())
    fail(name, " has no panels: it is neither a CrystFEL geometry nor another known detector file");
  return geometry;
}

std::optional<double> crystfel_quantity(const std::string& text, const std::string& unit) {
  if (text.empty() || text.front() == '/') return std::nullopt;
  std::string_view rest = text;
  const auto number = take_number(rest);
  if (!number) return std::nullopt;
  rest = trimmed(rest);
  if (rest.empty()) return *number;
  return unit == "m" ? parse_length(text).metres : parse_energy(text).electronvolts;
}

}  // namespace spi
