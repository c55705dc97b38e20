// SPDX-License-Identifier: GPL-3.0-or-later
// What a user may have meant by a name that does not exist.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spi {

/// "; did you mean 'gain'?" for the candidate nearest in spelling, "" where none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// "a, b, c", cut after 40.
std::string listed(const std::vector<std::string>& names);

}  // namespace spi
