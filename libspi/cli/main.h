// SPDX-License-Identifier: GPL-3.0-or-later
// The main function of every tool: parse, run, one catch, exit status.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libspi/cli/session.h"
#include "libspi/cli/usage.h"

namespace spi::cli {

/// A command with its arguments hidden: bind() declares them into a Usage and returns the run.
struct Command {
  std::string name;  ///< "" for a tool with one command
  std::function<std::function<void(Session&)>(Usage&)> bind;
};

/// A command whose arguments are a struct of type Args.
template <class Args>
Command command(std::string name, void (*declare)(Usage&, Args&),
                void (*run)(const Args&, Session&)) {
  return {std::move(name), [declare, run](Usage& usage) -> std::function<void(Session&)> {
            auto args = std::make_shared<Args>();
            declare(usage, *args);
            return [args, run](Session& session) { run(*args, session); };
          }};
}

struct Tool {
  std::string name;
  std::string summary;  ///< needed where there are several commands
  std::vector<Command> commands;
};

/// 0 success, 1 failure, 2 usage error, 3 device not available.
int main(const Tool& tool, int argc, char** argv);

template <class Args>
struct SingleTool {
  std::string name;
  void (*declare)(Usage&, Args&);
  void (*run)(const Args&, Session&);
};

template <class Args>
int main(const SingleTool<Args>& tool, int argc, char** argv) {
  return main(Tool{tool.name, "", {command<Args>("", tool.declare, tool.run)}}, argc, argv);
}

}  // namespace spi::cli
