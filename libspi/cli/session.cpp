// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/cli/session.h"

#include <unistd.h>

#include <algorithm>

#include "libspi/base/hash.h"
#include "libspi/base/parallel.h"
#include "libspi/base/version.h"
#include "libspi/cli/console.h"

namespace spi::cli {

namespace fs = std::filesystem;

void CommonOptions::describe(OptionSet& options, const Usage& usage) {
  options.group("Common options");
  output = usage.default_output();
  Option& out = options.add("output", output, usage.output_help());
  const auto no_files = [] { return std::vector<fs::path>{}; };
  out.alias("o").files = no_files;
  options.add("threads", threads, "threads to use; auto: all processors this process may use")
      .range(1, 4096);
  options.add("device", device, "where to compute; auto says what it took");
  options.add("seed", seed, "key of all random numbers");
  options.flag("force", force, "overwrite existing outputs");
  options.flag("quiet", quiet, "print warnings and errors only").alias("q");
  options.flag("verbose", verbose, "print details").alias("v");
  options.add("log", log, "also write all messages, with times, to this file").files = no_files;
  options.builtin("config", "FILE", "read options from this TOML file; the command line wins");
  options.builtin("help", "", "print this text").alias("h");
  options.builtin("version", "", "print version and commit");
}

/// Whether --resume was given and OUTPUT.checkpoint is there: then the outputs are the run's own.
static bool goes_on(const Usage& usage, const fs::path& output) {
  const auto asked = [](const Option& option) {
    return option.name == "resume" && option.is_flag && option.print() == "true";
  };
  std::error_code ignored;
  return std::ranges::any_of(usage.all(), asked) &&
         fs::exists(output.string() + ".checkpoint", ignored);
}

Session::Session(std::string name, const Usage& usage, const CommonOptions& common,
                 std::string command_line, Team& team)
    : name_(std::move(name)),
      usage_(usage),
      common_(common),
      command_line_(std::move(command_line)),
      team_(team),
      threads_(common.threads.value_or(std::max(1, available_threads() / team.sharing()))) {
  std::string why;
  device_ = choose_device(common.device, usage.cuda(), &why);
  if (!common_.output.empty()) claim(common_.output);
  if (common_.log) claim(*common_.log);
  monitor_ = make_console({.quiet = common.quiet,
                           .verbose = common.verbose,
                           .silent = !team.leads(),
                           .log = team.leads() ? common.log : std::nullopt});
  monitor_->info(text_of(name_, " ", version(), " (", commit(), "), device ", name_of(device_),
                         why.empty() ? "" : " (" + why + ")", ", threads ", threads_,
                         team.size() > 1 ? text_of(" on each of ", team.size(), " ranks") : ""));
}

Session::~Session() = default;

const fs::path& Session::claim(const fs::path& path) {
  if (!team_.leads()) return path;
  std::error_code ignored;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, ignored))
    fail("cannot write ", path.string(), ": the folder ", folder.string(), " does not exist");
  if (access(folder.c_str(), W_OK | X_OK) != 0)
    fail("cannot write ", path.string(), ": no permission to write in ", folder.string());
  if (!fs::exists(path, ignored)) return path;
  if (fs::is_directory(path, ignored)) fail("cannot write ", path.string(), ": it is a folder");
  for (const Option& option : usage_.all())
    for (const fs::path& file : option.files())
      if (fs::equivalent(file, path, ignored))
        fail("the output ", path.string(), " is also the input ", file.string());
  if (!common_.force && !goes_on(usage_, common_.output))
    fail(path.string(), " exists already; add --force to overwrite it");
  return path;
}

fs::path Session::companion(const std::string& suffix) {
  fs::path path = common_.output;
  path.replace_filename(path.stem().string() + "-" + suffix);
  return claim(path);
}

Provenance Session::provenance() const {
  Provenance record{.program = name_,
                    .version = version(),
                    .commit = commit(),
                    .command_line = command_line_,
                    .date = utc_date(),
                    .device = std::string(name_of(device_)),
                    .threads = threads_,
                    .ranks = int(team_.size()),
                    .seed = common_.seed,
                    .options = {},
                    .inputs = {}};
  for (const Option& option : usage_.all()) {
    if (option.is_builtin) continue;
    record.options.emplace_back(option.name, option.print());
    for (const fs::path& file : option.files()) {
      std::error_code ignored;
      if (fs::is_regular_file(file, ignored))
        record.inputs.emplace_back(file.string(), file_fingerprint(file));
    }
  }
  return record;
}

}  // namespace spi::cli
