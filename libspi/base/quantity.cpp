// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/quantity.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <initializer_list>

#include "libspi/base/error.h"

namespace spi {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit kLengths[] = {{"pm", 1e-12}, {"A", 1e-10}, {"Å", 1e-10}, {"nm", 1e-9}, {"um", 1e-6},
                             {"µm", 1e-6},  {"mm", 1e-3}, {"cm", 1e-2}, {"m", 1}};
constexpr Unit kEnergies[] = {{"eV", 1}, {"keV", 1e3}, {"MeV", 1e6}};
constexpr Unit kReciprocals[] = {{"/A", 1}, {"/Å", 1}, {"/nm", 0.1}};
constexpr double kKibi = 1024;
constexpr Unit kMemories[] = {{"B", 1},
                              {"k", kKibi},
                              {"kB", kKibi},
                              {"KiB", kKibi},
                              {"M", kKibi* kKibi},
                              {"MB", kKibi* kKibi},
                              {"MiB", kKibi* kKibi},
                              {"G", kKibi* kKibi* kKibi},
                              {"GB", kKibi* kKibi* kKibi},
                              {"GiB", kKibi* kKibi* kKibi},
                              {"T", kKibi* kKibi* kKibi* kKibi},
                              {"TB", kKibi* kKibi* kKibi* kKibi},
                              {"TiB", kKibi* kKibi* kKibi* kKibi}};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
  return first == text.npos ? std::string_view{} : text.substr(first, last - first + 1);
}

/// A number and what follows it.
std::pair<double, std::string_view> split_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) fail("'", text, "' is not a number");
  return {value, trimmed(text.substr(end - text.data()))};
}

template <std::size_t N>
double parse_with_unit(std::string_view text, const Unit (&units)[N], std::string_view quantity,
                       std::string_view example) {
  const auto [value, unit_name] = split_number(trimmed(text));
  for (const Unit& unit : units) {
    if (unit.name != unit_name) continue;
    if (!std::isfinite(value * unit.factor)) fail("'", text, "' is too large");
    return value * unit.factor;
  }
  if (unit_name.empty())
    fail("'", text, "' has no unit: a ", quantity, " is written like ", example);
  fail("unknown unit '", unit_name, "': a ", quantity, " is written like ", example);
}

/// In the first unit (largest first) in which the value is at least 1, else in the last.
std::string print_with_unit(double value, std::initializer_list<Unit> units) {
  for (const Unit& unit : units) {
    const double scaled = value / unit.factor;
    if (std::abs(scaled) >= 0.9999999 || &unit == units.end() - 1) {
      const double rounded = std::round(scaled * 1e9) / 1e9;
      return print_number(rounded) + std::string(unit.name);
    }
  }
  return {};
}

}  // namespace

Length parse_length(std::string_view text) {
  return {parse_with_unit(text, kLengths, "length", "42nm or 705mm")};
}
Energy parse_energy(std::string_view text) {
  return {parse_with_unit(text, kEnergies, "photon energy", "6keV")};
}
ReciprocalLength parse_reciprocal_length(std::string_view text) {
  return {parse_with_unit(text, kReciprocals, "scattering vector (q = 1/d)", "0.015/A or 0.15/nm")};
}
Memory parse_memory(std::string_view text) {
  return {parse_with_unit(text, kMemories, "memory size", "4GB")};
}

std::string print(Length length) {
  return print_with_unit(length.metres,
                         {{"m", 1}, {"mm", 1e-3}, {"um", 1e-6}, {"nm", 1e-9}, {"pm", 1e-12}});
}
std::string print(Energy energy) {
  return print_with_unit(energy.electronvolts, {{"keV", 1e3}, {"eV", 1}});
}
std::string print(ReciprocalLength q) { return print_number(q.per_angstrom) + "/A"; }
std::string print(Memory memory) {
  return print_with_unit(
      memory.bytes,
      {{"GB", kKibi * kKibi * kKibi}, {"MB", kKibi * kKibi}, {"kB", kKibi}, {"B", 1}});
}

std::string print_number(double value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, result.ptr};
}

double parse_number(std::string_view text) {
  const auto [value, rest] = split_number(trimmed(text));
  if (rest.empty()) return value;
  if (rest.front() == '/') {
    const auto [divisor, tail] = split_number(trimmed(rest.substr(1)));
    if (tail.empty() && std::isfinite(value / divisor)) return value / divisor;
  }
  fail("'", text, "' is not a number");
}

long long parse_integer(std::string_view text) {
  const std::string_view digits = trimmed(text);
  long long value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc{} && end == digits.data() + digits.size() && !digits.empty()) return value;
  const double number = parse_number(text);  // allows 1e6
  if (number == std::floor(number) && std::abs(number) < 9e15)
    return static_cast<long long>(number);
  fail("'", text, "' is not a whole number");
}

std::string rounded(double value, int digits) {
  char text[400];  // 309 digits before the point
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

}  // namespace spi
