// SPDX-License-Identifier: GPL-3.0-or-later
// The exponential of a non-positive float without branches or calls: loops over it vectorise.
#pragma once

#include <bit>
#include <cstdint>

namespace spi {

/// e^x for x <= 0, relative error below 3e-7; 0 below x = -80 (e^-80 = 2e-35 is nothing beside a
/// largest term of 1). e^x = 2^n e^r, |r| <= ln2/2, Taylor's series to r^6: remainder r^7/7! =
/// 1e-7.
inline float exp_nonpositive(float x) {
  constexpr float kRound = 12582912.f;  // 1.5·2^23: adding it rounds to an integer
  const float clipped = x < -80.f ? -80.f : x;
  const float rounded = clipped * 1.44269504f + kRound;
  const float n = rounded - kRound;
  const float r = (clipped - n * 0.693359375f) + n * 2.12194440e-4f;  // ln 2 in two parts
  const float series =
      1 + r * (1 + r * (0.5f + r * (1.f / 6 + r * (1.f / 24 + r * (1.f / 120 + r * (1.f / 720))))));
  const auto bits = std::bit_cast<std::uint32_t>(rounded) << 23;  // n in the exponent's place
  const float power = std::bit_cast<float>(bits + 0x3f800000u);
  return x < -80.f ? 0.f : series * power;
}

}  // namespace spi
