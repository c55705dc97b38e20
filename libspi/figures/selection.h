// SPDX-License-Identifier: GPL-3.0-or-later
// The picture of a selection: what was taken, over the rest.
#pragma once

#include <optional>

#include "libspi/plot/figure.h"
#include "libspi/selection/rules.h"

namespace spi {

/// What was taken in colour over the rest in grey, against c1,c2 and c1,c3 (with --axes: its first
/// and its next two), with the outlines of box and polygon; the rule is the title. Where two
/// files have a c1, the first file's is shown. nullopt where the table has no two such columns.
std::optional<plot::Figure> selection_figure(const Table& table, const SelectOptions& options,
                                             const Choice& choice);

}  // namespace spi
