// SPDX-License-Identifier: GPL-3.0-or-later
// Of the products that a network multiplies while it trains.
#pragma once

#include <array>
#include <string_view>

#include "libspi/base/options.h"

namespace spi::learn {

/// mixed multiplies in bfloat16 and sums in float32; parameters, loss and optimizer stay in
/// float32.
enum class Precision { single, mixed };

}  // namespace spi::learn

namespace spi {
template <>
struct EnumNames<learn::Precision> {
  static constexpr std::array<std::string_view, 2> values{"single", "mixed"};
};
}  // namespace spi
