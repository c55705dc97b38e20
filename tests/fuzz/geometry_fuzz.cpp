// SPDX-License-Identifier: GPL-3.0-or-later
// Any text as a CrystFEL geometry or a Dragonfly .dat: a checked detector, or a UserError.
#include <cctype>
#include <string_view>

#include "libspi/base/error.h"
#include "libspi/io/detector.h"

namespace {

/// Data arrays of thousands by thousands of pixels are legal, but make a run slow: numbers of four
/// digits before any point are left to the unit tests.
bool is_quick(std::string_view text) {
  int digits = 0;
  for (const char c : text) {
    digits = std::isdigit(static_cast<unsigned char>(c)) ? digits + 1 : 0;
    if (digits > 3 || ((c == 'e' || c == 'E') && digits > 0)) return false;
  }
  return true;
}

template <class Parse>
void try_to(Parse&& parse) {
  try {
    parse().check("a parsed detector");
  } catch (const spi::UserError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_to([&] { return spi::parse_dragonfly_dat(text, "fuzz.dat"); });
  if (!is_quick(text)) return 0;
  try_to([&] { return spi::parse_crystfel_geometry(text, "fuzz.geom", {}); });
  const spi::DetectorHints hints{spi::Energy{6000}, spi::Length{0.1}, spi::Length{1e-4}};
  try_to([&] { return spi::parse_crystfel_geometry(text, "fuzz.geom", hints); });
  return 0;
}
