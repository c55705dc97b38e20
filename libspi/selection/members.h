// SPDX-License-Identifier: GPL-3.0-or-later
// From averages down to the frames behind them.
#pragma once

#include <filesystem>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/io/selection.h"

namespace spi {

/// The frames behind the selected averages: those whose most probable average, in some bootstrap
/// run, is one of them, with at least this probability. A frame comes once, with the average of
/// highest probability (the first of equals), its angle and its fluence; ascending by id. `index`
/// and `count` are of the distinct frames among the members, by id. The file is averages.h5 with
/// `members`, or Dragonfly's 2D output, whose frames are numbered from 0 and have no probability
/// (NaN). Reads in blocks; memory is that of the distinct frames. UserError where an average is not
/// in the file, or the file does not say which frames are behind its averages.
Selection frames_behind(const Selection& averages, const std::filesystem::path& averages_file,
                        double min_probability, Monitor& monitor);

/// Places the selection's frames among `ids`, all frames in file order: sets `index` and `count`,
/// and sorts by place. UserError, naming `source`, where a frame is not among them.
void place_frames(Selection& frames, const std::vector<std::uint64_t>& ids,
                  const std::string& source);

}  // namespace spi
