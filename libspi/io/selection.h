// SPDX-License-Identifier: GPL-3.0-or-later
// Selections of averages or frames: selection.h5, Dragonfly's blacklists, lists of ids.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libspi/base/options.h"
#include "libspi/cli/provenance.h"

namespace spi {

enum class SelectionOf { averages, frames };
template <>
struct EnumNames<SelectionOf> {
  static constexpr std::array<std::string_view, 2> values{"averages", "frames"};
};

/// n things out of `count`. One read from a list of ids knows ids only (no `index`, no `count`).
struct Selection {
  std::optional<SelectionOf> of = {};  ///< nullopt: a list of ids that does not say
  bool is_blacklist = false;           ///< read from one: knows places only (no `id`)
  std::uint64_t count = 0;             ///< things it was selected from
  std::string rule = {};               ///< in words, how
  std::vector<std::uint64_t> id = {};  ///< [n], all different
  /// [n] place among the `count` things in their order (rows of a table, frames in file order).
  std::vector<std::uint64_t> index = {};

  /// Frames behind selected averages, [n] each, else empty: the id of the average to which the
  /// frame belongs most, with what probability, rotated by what angle (rad), at what fluence.
  std::vector<std::uint64_t> average = {};
  std::vector<float> probability = {}, angle = {}, fluence = {};

  std::string name = {};  ///< the file it was read from, for messages
  std::size_t size() const { return is_blacklist ? index.size() : id.size(); }
};

/// The things of `ids` (the whole set, in its order) for which `chosen` holds.
Selection selection_of(const std::vector<bool>& chosen, const std::vector<std::uint64_t>& ids,
                       SelectionOf of, std::string rule);

/// selection.h5 (docs/formats.md). Atomic. The selection has ids and places.
void write_selection(const std::filesystem::path& path, const Selection& selection,
                     const Provenance& provenance);

/// Dragonfly's blacklist: a line a frame in file order, 0 where it is selected, 1 where it is not
/// to be used. Atomic. The selection has places.
void write_blacklist(const std::filesystem::path& path, const Selection& selection);

/// The first line of a list of ids, with its line feed.
std::string id_list_heading(SelectionOf of);

/// A heading "# ids of frames" and an id a line. Atomic. The selection has ids.
void write_id_list(const std::filesystem::path& path, const Selection& selection);

/// Any of the three, told by content: HDF5 is a selection.h5; a text of 0s and 1s only is a
/// blacklist unless it has the heading of write_id_list; any other text is a list of ids, one a
/// line, empty lines and what follows # left out. UserError, naming file and line, for anything
/// else, for an id that comes twice, and for a place beyond the end.
Selection read_selection(const std::filesystem::path& path);

/// The text of a blacklist or of a list of ids; `name` for messages.
Selection parse_selection(std::string_view text, const std::string& name);

/// [N] whether the things `ids`, the whole set in its order (frames in file order), are selected.
/// A blacklist must have N lines. UserError where the selection is of another kind than `of` or
/// has nothing in common with `ids`.
std::vector<bool> selected(const Selection& selection, const std::vector<std::uint64_t>& ids,
                           SelectionOf of);

}  // namespace spi
