// SPDX-License-Identifier: GPL-3.0-or-later
// Sine and cosine of an angle in turns, in single precision, without branches or calls: loops over
// them vectorise.
#pragma once

#include <algorithm>
#include <cmath>

namespace spi {

/// t minus the nearest integer, for |t| < 2^21: adding 1.5 * 2^23 leaves no room for a fraction.
inline float fraction_of_turn(float t) {
  constexpr float kRound = 12582912.0f;
  return t - ((t + kRound) - kRound);
}

/// sin(2 pi t) for |t| <= 1/4: Taylor's series, remainder (pi/2)^13/13! = 6e-8, half a last digit.
inline float sin_quarter(float t) {
  const float x = 6.2831853072f * t, y = x * x;
  return x * (1 + y * (-1.0f / 6 +
                       y * (1.0f / 120 +
                            y * (-1.0f / 5040 + y * (1.0f / 362880 + y * (-1.0f / 39916800))))));
}

/// sin(2 pi t) and cos(2 pi t). Absolute error below 3e-7 beside the rounding of t itself.
inline float sin_turns(float t) {
  const float r = fraction_of_turn(t);
  const float folded = std::min(std::abs(r), 0.5f - std::abs(r));  // exact: small angles stay so
  return std::copysign(sin_quarter(folded), r);
}
inline float cos_turns(float t) { return sin_quarter(0.25f - std::abs(fraction_of_turn(t))); }

/// sin(2 pi t) / (2 pi t), 1 at t = 0.
inline float sinc_turns(float t) {
  const float safe = std::abs(t) < 1e-4f ? 1e-4f : t;  // 1 - (2 pi 1e-4)^2/6 = 1 - 7e-8
  return sin_turns(safe) / (6.2831853072f * safe);
}

}  // namespace spi
