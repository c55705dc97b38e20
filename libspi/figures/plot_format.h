// SPDX-License-Identifier: GPL-3.0-or-later
// What a program's --plots asks for.
#pragma once

#include "libspi/base/options.h"

namespace spi {

/// Format of a program's pictures, whose names are the files' extensions; none: no pictures.
enum class PlotFormat { png, svg, pdf, none };
template <>
struct EnumNames<PlotFormat> {
  static constexpr std::array<std::string_view, 4> values{"png", "svg", "pdf", "none"};
};

}  // namespace spi
