// SPDX-License-Identifier: GPL-3.0-or-later
// Networks that are a function of q: what may be chosen.
#pragma once

#include <cstddef>
#include <optional>

#include "libspi/base/options.h"

namespace spi {

/// cosine: the first layer is cos(Ω q), which is even, so that I(q) = I(-q) holds at the cost of
/// one network; siren: f(q) + f(-q) (NeurOrient, eq. M8); product: the exponential of a small SIREN
/// times a large one, of q and of -q (X-RAI, Methods).
enum class FieldKind { cosine, siren, product };
template <>
struct EnumNames<FieldKind> {
  static constexpr std::array<std::string_view, 3> values{"cosine", "siren", "product"};
};

struct FieldOptions {
  FieldKind kind = FieldKind::cosine;
  std::size_t width = 128;
  std::size_t hidden = 2;             ///< layers between the first and the last
  std::optional<double> extent = {};  ///< of the autocorrelation, cycles between q = 0 and the rim

  void describe(OptionSet& options);
};

}  // namespace spi
