// SPDX-License-Identifier: GPL-3.0-or-later
// Tick selection: 1-2-5 steps on linear axes, decades and their parts on log axes.
#include "libspi/plot/ticks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "libspi/base/error.h"  // for SPI_ASSERT

namespace spi::plot {
namespace {

constexpr double kSlack = 1e-9;  // of a step: rounding must not lose a tick at the edge
constexpr int kMaxDecadesWithMinor = 12;

int floor_log10(double value) { return static_cast<int>(std::floor(std::log10(value) + kSlack)); }

int decimals_for(double step) { return std::max(0, -floor_log10(step)); }

Ticks linear_ticks(Range r, int max_intervals, double min_step) {
  const double step = std::max(min_step, nice_step(r.hi - r.lo, max_intervals));
  const double largest = std::max(std::abs(r.lo), std::abs(r.hi));
  const bool plain = largest >= 1e-3 && largest < 1e5;
  const int exponent = plain ? 0 : floor_log10(largest);
  const double unit = std::pow(10.0, exponent);
  Ticks ticks;
  if (!plain) ticks.factor = "×" + power_of_ten(exponent);
  const double last = std::floor(r.hi / step + kSlack);
  for (double i = std::ceil(r.lo / step - kSlack); i <= last; ++i)
    ticks.major.push_back({i * step, format_fixed(i * step / unit, decimals_for(step / unit))});
  return ticks;
}

struct Decades {
  int first, last;  // exponents of the powers of ten within the range
};

Decades decades_within(Range r) {
  return {static_cast<int>(std::ceil(std::log10(r.lo) - kSlack)), floor_log10(r.hi)};
}

std::string decade_label(int exponent, const Decades& d) {
  const bool plain = d.first >= -2 && d.last <= 4;
  if (!plain) return power_of_ten(exponent);
  return format_fixed(std::pow(10.0, exponent), std::max(0, -exponent));
}

/// Adds mantissa·10^k for every k, as labelled or as minor ticks.
void add_within_decades(Ticks& ticks, Range r, const Decades& d, bool label_2_and_5) {
  for (int k = d.first - 1; k <= d.last; ++k)
    for (int mantissa = 2; mantissa <= 9; ++mantissa) {
      const double value = mantissa * std::pow(10.0, k);
      if (value < r.lo * (1 - kSlack) || value > r.hi * (1 + kSlack)) continue;
      const bool labelled = label_2_and_5 && (mantissa == 2 || mantissa == 5);
      if (!labelled)
        ticks.minor.push_back(value);
      else if (k >= -3 && k <= 4)
        ticks.major.push_back({value, format_fixed(value, std::max(0, -k))});
      else
        ticks.major.push_back({value, std::to_string(mantissa) + "×" + power_of_ten(k)});
    }
}

Ticks log_ticks(Range r, int max_intervals) {
  const Decades d = decades_within(r);
  const int n = d.last - d.first + 1;
  const double span = std::log10(r.hi / r.lo);
  if (span < 0.7) return linear_ticks(r, max_intervals, 0);
  Ticks ticks;
  const int stride = std::max(1, (n - 1 + max_intervals - 1) / max_intervals);
  for (int k = d.first; k <= d.last; ++k)
    if (k % stride == 0)
      ticks.major.push_back({std::pow(10.0, k), decade_label(k, d)});
    else
      ticks.minor.push_back(std::pow(10.0, k));
  if (n <= kMaxDecadesWithMinor && stride == 1)
    add_within_decades(ticks, r, d, span < 2 && 3 * span <= max_intervals + 2);
  std::ranges::sort(ticks.major, {}, &Tick::value);
  return ticks;
}

}  // namespace

double nice_step(double span, int max_intervals) {
  SPI_ASSERT(span > 0 && max_intervals >= 1);
  const double rough = span / max_intervals;
  const double decade = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double mantissa : {1.0, 2.0, 5.0})
    if (mantissa * decade >= rough * (1 - kSlack)) return mantissa * decade;
  return 10 * decade;
}

Ticks make_ticks(const Scale& scale, int max_intervals, double min_step) {
  const Range& r = scale.range();
  return scale.kind() == ScaleKind::log ? log_ticks(r, max_intervals)
                                        : linear_ticks(r, max_intervals, min_step);
}

std::string format_fixed(double value, int decimals) {
  std::array<char, 400> buffer;  // holds any double below Scale's largest
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::fixed, decimals);
  SPI_ASSERT(end.ec == std::errc());
  std::string text(buffer.data(), end.ptr);
  if (!text.starts_with('-')) return text;
  text.erase(0, 1);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  return zero ? text : "−" + text;
}

std::string power_of_ten(int exponent) {
  static constexpr std::array<std::string_view, 10> kSuperscript{"⁰", "¹", "²", "³", "⁴",
                                                                 "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "10⁻" : "10";
  for (const char digit : std::to_string(std::abs(exponent))) text += kSuperscript[digit - '0'];
  return text;
}

}  // namespace spi::plot
