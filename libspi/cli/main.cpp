// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/cli/main.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <new>
#include <thread>

#include "libspi/base/version.h"
#include "libspi/cli/manual.h"

namespace spi::cli {
namespace {

constexpr int kFailure = 1, kUsageError = 2, kNoDevice = 3;

/// One command bound to its parser.
struct Bound {
  std::string name;  ///< as typed: "spi-clpca" or "spi-embed train"
  Usage usage;
  CommonOptions common;
  std::function<void(Session&)> run;
  CLI::App* app = nullptr;
};

/// The option's parser; its UserError becomes CLI11's error of the same words.
std::function<void(const std::string&)> guarded(const Option& option) {
  return [&option](const std::string& text) {
    try {
      option.parse(text);
    } catch (const UserError& error) {
      throw CLI::ValidationError((option.is_input ? "" : "--") + option.name, error.what());
    }
  };
}

std::string spelled(const Option& option) {
  if (option.is_input) return option.name;
  return (option.short_name.empty() ? "" : "-" + option.short_name + ",") + "--" + option.name;
}

void add_option(CLI::App& app, const Option& option) {
  const auto parse = guarded(option);
  CLI::Option* added = nullptr;
  if (option.is_flag) {
    // Below 0 where a configuration or --flag=false says false.
    added = app.add_flag_function(
        spelled(option), [parse](std::int64_t count) { parse(count > 0 ? "true" : "false"); });
  } else if (option.is_list) {
    added = app.add_option_function<std::vector<std::string>>(
        spelled(option), [parse](const std::vector<std::string>& texts) {
          for (const auto& text : texts) parse(text);
        });
  } else {
    added = app.add_option_function<std::string>(spelled(option), parse);
  }
  if (option.is_required) added->required();
}

void bind(Bound& bound, const Command& command, CLI::App& app) {
  bound.app = &app;
  bound.run = command.bind(bound.usage);
  bound.common.describe(bound.usage, bound.usage);
  for (const Option& option : bound.usage.all())
    if (!option.is_builtin) add_option(app, option);
  app.set_help_flag("");
  app.set_config("--config");
  app.allow_config_extras(CLI::config_extras_mode::error);
}

/// The text that --help, --version and their like ask for, or nothing.
std::optional<std::string> printed_page(const Tool& tool, const std::deque<Bound>& commands,
                                        const std::vector<std::string>& words) {
  const Bound* chosen = tool.commands.size() == 1 ? &commands.front() : nullptr;
  for (const std::string& word : words) {
    for (std::size_t i = 0; !chosen && i < commands.size(); ++i)
      if (word == tool.commands[i].name) chosen = &commands[i];
    if (word == "--") break;
    if (word == "--version") return text_of(tool.name, " ", version(), " (", commit(), ")\n");
    const bool help = word == "--help" || word == "-h";
    if (help && chosen) return help_text(chosen->name, chosen->usage);
    if (help) {
      std::string text =
          text_of(tool.name, ": ", tool.summary, "\n\nCommands (--help after each):\n");
      for (const Bound& bound : commands)
        text += text_of("  ", bound.name, ": ", bound.usage.summary(), "\n");
      return text;
    }
    std::string (*const page)(std::string_view, const Usage&) = word == "--help-markdown"
                                                                    ? markdown_page
                                                                : word == "--help-man" ? manual_page
                                                                                       : nullptr;
    if (!page) continue;
    if (chosen) return page(chosen->name, chosen->usage);
    std::string all;
    for (const Bound& bound : commands) all += page(bound.name, bound.usage) + "\n";
    return all;
  }
  return std::nullopt;
}

/// The words as a shell takes them.
std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    const bool plain =
        !word.empty() && word.find_first_of(" \t\n\"'$*?;&|<>()\\`#!~[]{}") == word.npos;
    std::string quoted;
    for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    line += (line.empty() ? "" : " ") + (plain ? word : "'" + quoted + "'");
  }
  return line;
}

/// The ranks of the command that these words name, or null: it is not split.
std::unique_ptr<Team> make_team(const Tool& tool, const std::deque<Bound>& commands,
                                const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::string& name = tool.commands[i].name;
    const bool named = name.empty() || (!words.empty() && words.front() == name);
    if (named && commands[i].usage.make_team()) return commands[i].usage.make_team()();
  }
  return nullptr;
}

/// `team` is set as soon as there is one.
int parse_and_run(const Tool& tool, int argc, char** argv, std::unique_ptr<Team>& team) {
  CLI::App app;
  std::deque<Bound> commands(tool.commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::string& name = tool.commands[i].name;
    commands[i].name = name.empty() ? tool.name : tool.name + " " + name;
    bind(commands[i], tool.commands[i], name.empty() ? app : *app.add_subcommand(name));
  }
  if (commands.size() > 1) app.require_subcommand(1);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (const auto page = printed_page(tool, commands, words)) {
    std::cout << *page << std::flush;
    return std::cout ? 0 : kFailure;
  }
  team = make_team(tool, commands, words);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  Bound* chosen = &commands.front();
  for (Bound& bound : commands)
    if (bound.app->parsed()) chosen = &bound;
  try {
    chosen->usage.check();
  } catch (const UserError& error) {
    throw UsageError(error.what());
  }
  Session session(chosen->name, chosen->usage, chosen->common, tool.name + " " + joined(words),
                  team ? *team : alone());
  chosen->run(session);
  std::cout << std::flush;
  if (!std::cout) fail("cannot write the result to standard output");
  return 0;
}

/// Says why the program fails, once for all ranks, and ends them all.
int end_job(Team* team, const std::string& program, const std::string& what, int status) {
  // Most of what goes wrong goes wrong on all ranks alike. Rank 0 says so and ends the others.
  constexpr std::chrono::seconds kForLeader{3};
  const bool follows = team && !team->leads();
  if (follows) std::this_thread::sleep_for(kForLeader);
  std::cerr << program << (follows ? text_of(": rank ", team->rank()) : "") << ": " << what
            << std::endl;
  if (team && team->size() > 1) team->abort(status);
  return status;
}

}  // namespace

int main(const Tool& tool, int argc, char** argv) {
  std::unique_ptr<Team> team;
  const auto fails = [&](const std::string& what, int status) {
    return end_job(team.get(), tool.name, what, status);
  };
  try {
    return parse_and_run(tool, argc, argv, team);
  } catch (const DeviceError& error) {
    return fails(error.what(), kNoDevice);
  } catch (const UsageError& error) {
    return fails(text_of(error.what(), "\nSee ", tool.name, " --help."), kUsageError);
  } catch (const UserError& error) {
    return fails(error.what(), kFailure);
  } catch (const std::bad_alloc&) {
    return fails("not enough memory for this job", kFailure);
  } catch (const std::exception& error) {
    return fails(text_of("unexpected failure: ", error.what()), kFailure);
  }
}

}  // namespace spi::cli
