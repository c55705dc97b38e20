// SPDX-License-Identifier: GPL-3.0-or-later
// Any text as what spi-select reads: a condition with an answer for every row, a region, a
// selection; or a UserError.
#include <cstdint>

#include "libspi/base/error.h"
#include "libspi/io/selection.h"
#include "libspi/selection/expression.h"
#include "libspi/selection/shapes.h"

namespace {

spi::Table small_table() {
  spi::Table table("t", {1, 2, 3});
  table.join("t", table.ids(),
             {{.name = "t.c1", .values = {-1, 0, 0.5}},
              {.name = "t.truth.kind", .values = {0, 1, 0}, .labels = {"cube", "rod"}},
              {.name = "t.word", .values = {0, 1, 1}, .labels = {"x", "y"}, .is_text = true}});
  return table;
}

template <class Work>
void try_to(Work&& work) {
  try {
    work();
  } catch (const spi::UserError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const spi::Table table = small_table();
  const std::string text(reinterpret_cast<const char*>(data), size);
  try_to([&] { SPI_ASSERT(spi::evaluate(text, table).size() == table.rows()); });
  try_to([&] { SPI_ASSERT(!spi::Text<spi::Interval>::parse(text).column.empty()); });
  try_to([&] { SPI_ASSERT(spi::Text<spi::Nearest>::parse(text).count > 0); });
  try_to([&] { SPI_ASSERT(spi::parse_polygon(text).size() >= 3); });
  try_to([&] {
    const spi::Selection selection = spi::parse_selection(text, "fuzz.txt");
    for (const std::uint64_t at : selection.index) SPI_ASSERT(at < selection.count);
    SPI_ASSERT(selection.is_blacklist ? selection.id.empty() : selection.index.empty());
  });
  return 0;
}
