// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/cli/manual.h"

#include <algorithm>
#include <cctype>

#include "libspi/base/version.h"

namespace spi::cli {
namespace {

constexpr std::size_t kWidth = 88;

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

/// Words filled into lines of kWidth, each begun with `indent` spaces but the first.
std::string filled(const std::string& text, std::size_t indent, std::size_t column) {
  std::string out;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    if (column + word.size() > kWidth && column > indent) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    start = end + 1;
  }
  return out;
}

std::string synopsis(std::string_view name, const Usage& usage) {
  std::string line = std::string(name) + " [options]";
  for (const Option& option : usage.all())
    if (option.is_input) line += " " + upper(option.name) + (option.is_list ? "..." : "");
  return line;
}

std::string spelled(const Option& option) {
  if (option.is_input) return upper(option.name);
  std::string text = option.short_name.empty() ? "" : "-" + option.short_name + ", ";
  text += "--" + option.name;
  return option.is_flag ? text : text + " " + option.type;
}

/// The help with default and range in square brackets.
std::string explained(const Option& option) {
  std::string note = option.is_required && !option.is_input ? "required" : "";
  // "auto" is worth saying where the help says what it means.
  const bool silent = option.defaults == "auto" && option.help.find("auto") == std::string::npos;
  if (!option.is_flag && !option.is_input && !option.defaults.empty() && !silent)
    note = "default: " + option.defaults;
  if (!option.limits.empty()) note += (note.empty() ? "" : "; ") + option.limits;
  return note.empty() ? option.help : option.help + " [" + note + "]";
}

/// Calls heading(text) once a group and entry(option) for each option, inputs first.
template <class Heading, class Entry>
void for_each_option(const Usage& usage, Heading heading, Entry entry) {
  const auto& all = usage.all();
  if (std::ranges::any_of(all, &Option::is_input)) heading("Inputs");
  for (const Option& option : all)
    if (option.is_input) entry(option);
  std::string group;
  for (const Option& option : all) {
    if (option.is_input) continue;
    if (option.group != group) heading(group = option.group);
    entry(option);
  }
}

std::string troff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '-') out += '\\';
    out += c;
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

}  // namespace

std::string help_text(std::string_view name, const Usage& usage) {
  constexpr std::size_t kColumn = 28;
  std::string out =
      text_of(name, ": ", usage.summary(), "\n\nUsage: ", synopsis(name, usage), "\n");
  for (const auto& paragraph : usage.paragraphs()) out += "\n" + filled(paragraph, 0, 0) + "\n";
  for_each_option(
      usage, [&](const std::string& heading) { out += "\n" + heading + ":\n"; },
      [&](const Option& option) {
        std::string left = "  " + spelled(option);
        if (left.size() + 2 > kColumn)
          left += "\n" + std::string(kColumn, ' ');
        else
          left.resize(kColumn, ' ');
        out += left + filled(explained(option), kColumn, kColumn) + "\n";
      });
  if (!usage.examples().empty()) out += "\nExamples:\n";
  for (const auto& [command, explanation] : usage.examples())
    out += "  " + command + "\n      " + filled(explanation, 6, 6) + "\n";
  if (!usage.references().empty()) out += "\nReferences:\n";
  for (const auto& text : usage.references()) out += "  " + filled(text, 4, 2) + "\n";
  return out;
}

std::string markdown_page(std::string_view name, const Usage& usage) {
  std::string out =
      text_of("# ", name, "\n\n", usage.summary(), "\n\n```\n", synopsis(name, usage), "\n```\n");
  for (const auto& paragraph : usage.paragraphs()) out += "\n" + paragraph + "\n";
  for_each_option(
      usage,
      [&](const std::string& heading) {
        out += "\n## " + heading + "\n\n| option | meaning |\n| --- | --- |\n";
      },
      [&](const Option& option) {
        std::string row = "| `" + spelled(option) + "` | " + explained(option) + " |\n";
        for (std::size_t at = 3; (at = row.find('|', at)) < row.size() - 3; at += 2)
          if (row[at - 1] != ' ' || row[at + 1] != ' ') row.insert(at, "\\");
        out += row;
      });
  if (!usage.examples().empty()) out += "\n## Examples\n";
  for (const auto& [command, explanation] : usage.examples())
    out += "\n" + explanation + ":\n\n```sh\n" + command + "\n```\n";
  if (!usage.references().empty()) out += "\n## References\n\n";
  for (const auto& text : usage.references()) out += "- " + text + "\n";
  return out;
}

std::string manual_page(std::string_view name, const Usage& usage) {
  std::string title(name);
  std::ranges::replace(title, ' ', '-');
  std::string out = text_of(".TH ", upper(title), " 1 \"\" \"spi ", version(), "\"\n.SH NAME\n",
                            troff(title), " \\- ", troff(usage.summary()), "\n.SH SYNOPSIS\n.B ",
                            troff(synopsis(name, usage)), "\n.SH DESCRIPTION\n");
  for (const auto& paragraph : usage.paragraphs()) out += ".PP\n" + troff(paragraph) + "\n";
  for_each_option(
      usage, [&](const std::string& heading) { out += ".SH " + upper(heading) + "\n"; },
      [&](const Option& option) {
        out += ".TP\n.B " + troff(spelled(option)) + "\n" + troff(explained(option)) + "\n";
      });
  if (!usage.examples().empty()) out += ".SH EXAMPLES\n";
  for (const auto& [command, explanation] : usage.examples())
    out += ".TP\n.B " + troff(command) + "\n" + troff(explanation) + "\n";
  if (!usage.references().empty()) out += ".SH REFERENCES\n";
  for (const auto& text : usage.references()) out += ".PP\n" + troff(text) + "\n";
  return out;
}

}  // namespace spi::cli
