// SPDX-License-Identifier: GPL-3.0-or-later
// The one description of an option: name, type, help, range. The command line, the help, the
// manual, the provenance record and the library-side check are all printed or made from it.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "libspi/base/error.h"
#include "libspi/base/quantity.h"

namespace spi {

/// Specialise with `static constexpr std::array<std::string_view, n> values`, in enumerator order.
template <class Enum>
struct EnumNames;

template <class Enum>
std::string_view name_of(Enum value) {
  return EnumNames<Enum>::values[static_cast<std::size_t>(value)];
}

/// How a type is written on the command line: type name, parse, print.
template <class T>
struct Text;

template <std::integral T>
requires(!std::same_as<T, bool>) struct Text<T> {
  static std::string type() { return "INT"; }
  static T parse(const std::string& text) {
    const long long value = parse_integer(text);
    if (!std::in_range<T>(value)) fail("'", text, "' is out of range");
    return static_cast<T>(value);
  }
  static std::string print(T value) { return std::to_string(value); }
};
template <>
struct Text<double> {
  static std::string type() { return "NUMBER"; }
  static double parse(const std::string& text) { return parse_number(text); }
  static std::string print(double value) { return print_number(value); }
};
template <>
struct Text<std::string> {
  static std::string type() { return "TEXT"; }
  static std::string parse(const std::string& text) { return text; }
  static std::string print(const std::string& value) { return value; }
};
template <>
struct Text<std::filesystem::path> {
  static std::string type() { return "FILE"; }
  static std::filesystem::path parse(const std::string& text) {
    if (text.empty()) fail("an empty file name");
    return text;
  }
  static std::string print(const std::filesystem::path& value) { return value.string(); }
};
template <>
struct Text<Length> {
  static std::string type() { return "LENGTH"; }
  static Length parse(const std::string& text) { return parse_length(text); }
  static std::string print(Length value) { return spi::print(value); }
};
template <>
struct Text<Energy> {
  static std::string type() { return "ENERGY"; }
  static Energy parse(const std::string& text) { return parse_energy(text); }
  static std::string print(Energy value) { return spi::print(value); }
};
template <>
struct Text<ReciprocalLength> {
  static std::string type() { return "Q"; }
  static ReciprocalLength parse(const std::string& text) { return parse_reciprocal_length(text); }
  static std::string print(ReciprocalLength value) { return spi::print(value); }
};
template <>
struct Text<Memory> {
  static std::string type() { return "SIZE"; }
  static Memory parse(const std::string& text) { return parse_memory(text); }
  static std::string print(Memory value) { return spi::print(value); }
};
template <class T>
requires std::is_enum_v<T>
struct Text<T> {
  static std::string type() {
    std::string joined;
    for (const auto name : EnumNames<T>::values) {
      if (!joined.empty()) joined += '|';
      joined += name;
    }
    return joined;
  }
  static T parse(const std::string& text) {
    for (std::size_t i = 0; i < EnumNames<T>::values.size(); ++i)
      if (EnumNames<T>::values[i] == text) return static_cast<T>(i);
    fail("'", text, "' is not one of ", type());
  }
  static std::string print(T value) { return std::string(name_of(value)); }
};
/// A pair is written x,y.
template <class T>
struct Text<std::array<T, 2>> {
  static std::string type() { return Text<T>::type() + "," + Text<T>::type(); }
  static std::array<T, 2> parse(const std::string& text) {
    const auto comma = text.find(',');
    if (comma == text.npos) fail("'", text, "' is not a pair x,y");
    return {Text<T>::parse(text.substr(0, comma)), Text<T>::parse(text.substr(comma + 1))};
  }
  static std::string print(const std::array<T, 2>& value) {
    return Text<T>::print(value[0]) + "," + Text<T>::print(value[1]);
  }
};
/// A list is written a,b,c; an empty text is an empty list.
template <class T>
struct Text<std::vector<T>> {
  static std::string type() { return Text<T>::type() + ",..."; }
  static std::vector<T> parse(const std::string& text) {
    std::vector<T> values;
    for (std::size_t start = 0; start < text.size();) {
      const auto comma = std::min(text.find(',', start), text.size());
      values.push_back(Text<T>::parse(text.substr(start, comma - start)));
      start = comma + 1;
    }
    return values;
  }
  static std::string print(const std::vector<T>& values) {
    std::string joined;
    for (const T& value : values) {
      if (!joined.empty()) joined += ',';
      joined += Text<T>::print(value);
    }
    return joined;
  }
};
/// nullopt means "automatic".
template <class T>
struct Text<std::optional<T>> {
  static std::string type() { return Text<T>::type(); }
  static std::optional<T> parse(const std::string& text) {
    if (text == "auto") return std::nullopt;
    return Text<T>::parse(text);
  }
  static std::string print(const std::optional<T>& value) {
    return value ? Text<T>::print(*value) : "auto";
  }
};

/// One described option, bound to a field.
class Option {
 public:
  std::string name;  ///< kebab-case, without dashes
  std::string short_name;
  std::string help;
  std::string type;      ///< as printed in the manual; empty for a flag
  std::string defaults;  ///< the default as text
  std::string limits;    ///< the range in words, or empty
  std::string group;
  bool is_flag = false;
  bool is_input = false;  ///< positional
  bool is_required = false;
  bool is_list = false;     ///< a positional that takes one or more values
  bool is_builtin = false;  ///< listed in the manual, served by cli::main itself
  std::function<void(const std::string&)> parse;
  std::function<std::string()> print;
  std::function<void()> check = [] {};

  Option& alias(std::string letter) { return short_name = std::move(letter), *this; }
  Option& required() { return is_required = true, *this; }
  /// Numbers outside [low, high] are refused.
  Option& range(double low, double high);

  std::function<std::vector<std::filesystem::path>()> files;  ///< the input files it names
  std::function<std::optional<double>()> number;  ///< the value as a number where it is one
};

/// The options of one command, in the order of their description.
class OptionSet {
 public:
  OptionSet() = default;
  OptionSet(const OptionSet&) = delete;  // the options are bound to fields
  OptionSet& operator=(const OptionSet&) = delete;

  template <class T>
  Option& add(std::string name, T& value, std::string help) {
    Option& option = bare(std::move(name), std::move(help));
    option.type = Text<T>::type();
    option.defaults = Text<T>::print(value);
    option.files = [&value] { return files_of(value); };
    option.parse = [&value](const std::string& text) { value = Text<T>::parse(text); };
    option.print = [&value] { return Text<T>::print(value); };
    option.number = [&value] { return number_of(value); };
    return option;
  }
  Option& flag(std::string name, bool& value, std::string help);
  /// Listed in the manual only.
  Option& builtin(std::string name, std::string type, std::string help);
  /// A positional input file.
  Option& input(std::string name, std::filesystem::path& value, std::string help);
  /// One or more positional input files.
  Option& inputs(std::string name, std::vector<std::filesystem::path>& value, std::string help);

  /// Options added from here on belong to this heading of the manual.
  void group(std::string heading) { group_ = std::move(heading); }

  const std::deque<Option>& all() const { return options_; }
  /// Throws a UserError at the first value out of range.
  void check() const;

 private:
  Option& bare(std::string name, std::string help);

  template <class T>
  static std::optional<double> number_of(const T& value) {
    if constexpr (std::is_arithmetic_v<T>) return static_cast<double>(value);
    return std::nullopt;
  }
  template <class T>
  static std::optional<double> number_of(const std::optional<T>& value) {
    return value ? number_of(*value) : std::nullopt;
  }

  template <class T>
  static std::vector<std::filesystem::path> files_of(const T& value) {
    if constexpr (std::is_same_v<T, std::filesystem::path>) return {value};
    if constexpr (std::is_same_v<T, std::optional<std::filesystem::path>>)
      if (value) return {*value};
    return {};
  }

  std::deque<Option> options_;  // deque: references stay valid
  std::string group_ = "Options";
};

/// The library-side check of an options struct with `void describe(OptionSet&)`.
template <class Options>
void check_options(const Options& options) {
  Options copy = options;
  OptionSet set;
  copy.describe(set);
  set.check();
}

}  // namespace spi
