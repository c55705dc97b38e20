// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/options.h"

#include <limits>

namespace spi {
namespace {

/// The values of an option as numbers: one, those of a list, or none where it is automatic.
std::vector<double> numbers_of(const Option& option) {
  if (const auto value = option.number()) return {*value};
  const std::string text = option.print();
  const bool is_list = option.type.find(',') != std::string::npos && text != "auto";
  return is_list ? Text<std::vector<double>>::parse(text) : std::vector<double>{};
}

}  // namespace

Option& Option::range(double low, double high) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  SPI_ASSERT(type.starts_with("NUMBER") || type.starts_with("INT"));  // no others are checked
  limits = high == kInfinity ? text_of("at least ", print_number(low))
                             : text_of("from ", print_number(low), " to ", print_number(high));
  check = [this, low, high] {
    for (const double value : numbers_of(*this))
      if (!(value >= low && value <= high)) fail("--", name, " is ", print(), ", must be ", limits);
  };
  return *this;
}

Option& OptionSet::bare(std::string name, std::string help) {
  for (const Option& option : options_) SPI_ASSERT(option.name != name);
  Option& option = options_.emplace_back();
  option.name = std::move(name);
  option.help = std::move(help);
  option.group = group_;
  option.number = [] { return std::nullopt; };
  option.files = [] { return std::vector<std::filesystem::path>{}; };
  return option;
}

Option& OptionSet::flag(std::string name, bool& value, std::string help) {
  Option& option = bare(std::move(name), std::move(help));
  option.is_flag = true;
  option.defaults = value ? "true" : "false";
  option.parse = [&value](const std::string& text) {
    if (text != "true" && text != "false") fail("'", text, "' is neither true nor false");
    value = text == "true";
  };
  option.print = [&value] { return std::string(value ? "true" : "false"); };
  return option;
}

Option& OptionSet::builtin(std::string name, std::string type, std::string help) {
  Option& option = bare(std::move(name), std::move(help));
  option.is_builtin = true;
  option.is_flag = type.empty();
  option.type = std::move(type);
  return option;
}

Option& OptionSet::input(std::string name, std::filesystem::path& value, std::string help) {
  Option& option = add(std::move(name), value, std::move(help));
  option.is_input = option.is_required = true;
  return option;
}

Option& OptionSet::inputs(std::string name, std::vector<std::filesystem::path>& value,
                          std::string help) {
  Option& option = bare(std::move(name), std::move(help));
  option.is_input = option.is_required = option.is_list = true;
  option.type = "FILE";
  option.parse = [&value](const std::string& text) {
    value.push_back(Text<std::filesystem::path>::parse(text));
  };
  option.print = [&value] { return Text<std::vector<std::filesystem::path>>::print(value); };
  option.files = [&value] { return value; };
  return option;
}

void OptionSet::check() const {
  for (const Option& option : options_) option.check();
}

}  // namespace spi
