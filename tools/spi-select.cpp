// SPDX-License-Identifier: GPL-3.0-or-later
// spi-select: subsets of averages, and the frames behind them
#include <algorithm>

#include "libspi/cli/main.h"
#include "libspi/figures/selection.h"
#include "libspi/io/frames.h"
#include "libspi/selection/members.h"
#include "outputs.h"

namespace {

namespace fs = std::filesystem;

struct Args {
  std::vector<fs::path> inputs, frames;
  spi::SelectOptions select;
  std::optional<fs::path> averages;
  double min_probability = 0;
  bool blacklist = false, no_plots = false, allow_empty = false;
};

void declare(spi::cli::Usage& usage, Args& args) {
  usage.summary("subsets of averages, and the frames behind them")
      .describe(
          "Takes averages by where they lie in the landscape, by cluster, or by any condition over "
          "what is known of them. The columns of all inputs are joined by id: c1, c2, ... are the "
          "coordinates, every dataset with one value an average and every column of a table goes "
          "by its name (occupancy, cluster, effective_photons, truth/melting or melting). The "
          "first input says which averages there are. Several rules are all to hold unless "
          "--union; a value that is missing (NaN) satisfies no rule.")
      .describe(
          "A condition is made of columns (in backquotes where a name has other signs than "
          "letters, "
          "digits, _ and .), numbers, + - * /, abs(x), sqrt(x), log(x), min(x, ...), max(x, ...), "
          "the comparisons < <= > >= == !=, a column of labels == or != a text in quotes, "
          "isnan(x), "
          "!, &&, || and parentheses. A comparison with a missing value is neither true nor false: "
          "such a row is taken only where the rest of the condition decides, as in gain > 2 || "
          "isnan(gain).")
      .describe(
          "With --averages the selection goes down to the frames: all those whose most probable "
          "average is selected, each once, with average, probability, rotation and fluence. What "
          "selects frames directly, such as a blacklist, needs frames as input.")
      .describe(
          "Writes the selection to OUTPUT, and beside it the list OUTPUT-ids.txt, the picture "
          "OUTPUT-selection.png where there are coordinates, and with --blacklist Dragonfly's "
          "OUTPUT-blacklist.txt. Other programs take any of the three files as --selection.")
      .example("spi-select clpca.h5 --box c1=-0.2:0.3,c2=:0.1 -o corner.h5", "Part of a landscape")
      .example(
          "spi-select clpca.h5 clusters.h5 --cluster 0,2 --averages averages.h5 --frames-file "
          "frames.h5 "
          "--blacklist -o cubes.h5",
          "The frames behind two clusters, for spi-average and for Dragonfly")
      .example(
          "spi-select clpca.h5 averages.h5 --where \"c1 < 0.2 && effective_photons > 1e4\" --minus "
          "bad.txt -o good.h5",
          "A condition, less a list of ids")
      .example("spi-select frames.h5 --ids blacklist.txt -o selection.h5",
               "A blacklist as a selection");
  usage.inputs("tables", args.inputs,
               "clpca.h5, embedding.h5, clusters.h5, averages.h5, tables (CSV) with a column id, "
               "or frames");
  usage.output("selection.h5", "the selection");
  args.select.describe(usage);
  usage.group("Frames");
  usage.add("averages", args.averages,
            "go down to the frames behind the averages in this averages.h5 (or Dragonfly output)");
  usage
      .add("min-probability", args.min_probability,
           "leave out frames that belong to their average with less than this probability")
      .range(0, 1);
  usage
      .add("frames-file", args.frames,
           "the files of frames, in the order in which they were averaged: places count in it")
      .files = [&args] { return args.frames; };
  usage.group("Output");
  usage.flag(
      "blacklist", args.blacklist,
      "also write Dragonfly's blacklist; needs all frames in file order, from --frames-file or as "
      "input");
  usage.flag("allow-empty", args.allow_empty, "an empty selection is no error");
  usage.flag("no-plots", args.no_plots, "write no picture");
}

void check_some(const Args& args, std::size_t n, const std::string& of_what) {
  if (n == 0 && !args.allow_empty)
    spi::fail("nothing is selected of ", of_what, "; widen the rule, or add --allow-empty");
}

/// The frames behind the averages, or the selection itself; among all frames where they are given.
spi::Selection finished(const Args& args, spi::Selection selection, spi::Monitor& monitor) {
  if (args.averages) {
    selection = spi::frames_behind(selection, *args.averages, args.min_probability, monitor);
    check_some(args, selection.size(), spi::text_of(selection.count, " frames"));
  }
  if (args.frames.empty()) return selection;
  spi::place_frames(selection, spi::open_frames(args.frames)->ids(), "--frames-file");
  return selection;
}

void run(const Args& args, spi::cli::Session& session) {
  const fs::path list = session.companion("ids.txt");
  const fs::path blacklist = args.blacklist ? session.companion("blacklist.txt") : "";
  const fs::path picture = args.no_plots ? "" : session.companion("selection.png");

  if (args.min_probability > 0 && !args.averages)
    spi::fail_usage("--min-probability is of frames behind averages: add --averages");
  spi::Table table = spi::read_table(args.inputs);
  if (!args.averages && !args.frames.empty())
    table.set_of(spi::SelectionOf::frames, "--frames-file");
  if (args.averages && table.of() == spi::SelectionOf::frames)
    spi::fail_usage("--averages goes down from averages, but the input is of frames");
  if (args.blacklist && args.frames.empty() && !table.is_in_file_order)
    spi::fail_usage("a blacklist has a line for every frame in file order: give --frames-file");
  const spi::Choice choice = spi::choose(table, args.select);
  for (const std::string& note : choice.notes) session.monitor().warn(note);
  const auto taken = std::size_t(std::ranges::count(choice.rows, true));
  const auto what = spi::text_of(table.rows(), " ", spi::name_of(table.of()));
  check_some(args, taken, what);
  const spi::Selection selection =
      finished(args, spi::selection_of(choice.rows, table.ids(), table.of(), choice.rule),
               session.monitor());

  Outputs outputs;
  if (const auto figure =
          args.no_plots ? std::nullopt : spi::selection_figure(table, args.select, choice))
    outputs.draw(*figure, picture);
  spi::write_id_list(outputs.file(list), selection);
  if (args.blacklist) spi::write_blacklist(outputs.file(blacklist), selection);
  spi::write_selection(outputs.file(session.output()), selection, session.provenance());
  outputs.commit();
  session.monitor().info(spi::text_of(
      "read ", what, " and ", table.columns().size(), " columns, took ", taken,
      args.averages
          ? spi::text_of(", ", selection.size(), " frames of ", selection.count, " behind them")
          : "",
      ", wrote ", session.output().string()));
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main(spi::cli::SingleTool<Args>{"spi-select", declare, run}, argc, argv);
}
