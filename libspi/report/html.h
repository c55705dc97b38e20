// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces of HTML: escaping, data addresses, JSON that may stand in a script element.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spi::html {

/// Text as it may stand between tags and in quoted attributes. Control characters but tab and line
/// feed, and bytes that are not UTF-8, become U+FFFD.
std::string escaped(std::string_view text);

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);
/// Bytes that so many bytes take in base64.
constexpr std::size_t base64_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }
/// "data:image/png;base64,..."
std::string data_address(std::string_view media_type, std::string_view bytes);
/// A relative path as an address: percent-encoded but for what RFC 3986 leaves unreserved and /.
std::string address_of(const std::filesystem::path& path);

/// A JSON text; `<` is written \u003c, so that no script element ends in it.
std::string json(std::string_view text);
/// A number to six digits; null where it is not finite.
std::string json(double number);
/// "[a,b,...]" of the JSON of each.
template <class T>
std::string json(const std::vector<T>& values) {
  std::string text = "[";
  for (const T& value : values) {
    if (text.size() > 1) text += ',';
    text += json(value);
  }
  return text + "]";
}

/// Rows of cells that are HTML already, under headings that are not.
std::string table(const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows);

}  // namespace spi::html
