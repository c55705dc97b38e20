// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/report/html.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace spi::html {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// Bytes of the UTF-8 sequence that begins at `i`; 0 where none does. Overlong forms, surrogates
/// and what lies beyond U+10FFFF are none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) {
    return k < text.size() ? static_cast<unsigned char>(text[k]) : 0u;
  };
  const unsigned first = byte(i);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t k = 1; k < length; ++k)
    if (byte(i + k) < (k == 1 ? low : 0x80) || byte(i + k) > (k == 1 ? high : 0xBF)) return 0;
  return length;
}

/// The text with every character passed through `replaced`, which may leave it as it is ("").
template <class Replaced>
std::string rewritten(std::string_view text, Replaced replaced) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text, i);
    if (length == 0) {
      result += kReplacement;
      ++i;
      continue;
    }
    const std::string other = length == 1 ? replaced(text[i]) : std::string();
    if (other.empty())
      result.append(text, i, length);
    else
      result += other;
    i += length;
  }
  return result;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
}

}  // namespace

std::string escaped(std::string_view text) {
  return rewritten(text, [](char c) -> std::string {
    switch (c) {
      case '&':
        return "&amp;";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '"':
        return "&quot;";
      case '\'':
        return "&#39;";
      case '\t':
      case '\n':
        return "";
      default:
        return std::string(is_control(c) ? kReplacement : "");
    }
  });
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve(base64_size(bytes.size()));
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = i; k < i + 3; ++k)
      group = group << 8 | (k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string data_address(std::string_view media_type, std::string_view bytes) {
  return "data:" + std::string(media_type) + ";base64," + base64(bytes);
}

std::string address_of(const std::filesystem::path& path) {
  constexpr std::string_view kPlain = "-._~/";
  std::string address;
  for (const char c : path.generic_string()) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || kPlain.find(c) != kPlain.npos;
    std::array<char, 4> code{};
    std::snprintf(code.data(), code.size(), "%%%02X", unsigned(static_cast<unsigned char>(c)));
    address += is_plain ? std::string(1, c) : std::string(code.data());
  }
  return address;
}

std::string json(std::string_view text) {
  return '"' +
         rewritten(text,
                   [](char c) -> std::string {
                     if (c == '"' || c == '\\') return {'\\', c};
                     if (c != '<' && !is_control(c)) return "";
                     std::array<char, 7> code{};
                     std::snprintf(code.data(), code.size(), "\\u%04x", unsigned(c));
                     return code.data();
                   }) +
         '"';
}

std::string json(double number) {
  if (!std::isfinite(number)) return "null";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", number);
  return text.data();
}

std::string table(const std::vector<std::string>& headings,
                  const std::vector<std::vector<std::string>>& rows) {
  std::string text = "<div class=\"wide\"><table><thead><tr>";
  for (const std::string& heading : headings) text += "<th>" + escaped(heading) + "</th>";
  text += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    text += "<tr>";
    for (const std::string& cell : row) text += "<td>" + cell + "</td>";
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

}  // namespace spi::html
