// SPDX-License-Identifier: GPL-3.0-or-later
// Where an axis is marked, and with which words.
#pragma once

#include <string>
#include <vector>

#include "libspi/plot/scale.h"

namespace spi::plot {

struct Tick {
  double value = 0;
  std::string label{};
};

struct Ticks {
  std::vector<Tick> major{};
  std::vector<double> minor{};  // unlabelled, log axes only
  std::string factor{};         // "×10⁵": what every label is to be multiplied by; usually empty
};

/// The smallest step of the form 1, 2 or 5 times 10^k that divides `span` > 0 into at most
/// `max_intervals` >= 1 intervals.
double nice_step(double span, int max_intervals);

/// Round values within the scale's range, at most about `max_intervals` apart; steps are at least
/// `min_step` on a linear scale. Linear labels share one power of ten where numbers are below
/// 0.001 or above 99 999; decades are written 10ᵏ outside 0.01..10 000.
Ticks make_ticks(const Scale& scale, int max_intervals, double min_step = 0);

/// `value` with so many decimals and a true minus sign.
std::string format_fixed(double value, int decimals);

/// "10⁻³" for -3.
std::string power_of_ten(int exponent);

}  // namespace spi::plot
