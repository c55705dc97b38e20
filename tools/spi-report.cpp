// SPDX-License-Identifier: GPL-3.0-or-later
// spi-report: a run as one HTML page
#include "libspi/cli/main.h"
#include "libspi/io/atomic_file.h"
#include "libspi/report/page.h"

namespace {

struct Args {
  std::vector<std::filesystem::path> inputs;
  spi::ReportOptions report;
};

void declare(spi::cli::Usage& usage, Args& args) {
  usage.summary("a run as one HTML page")
      .describe(
          "Makes one page of the files of a run: how each was made and from what, with a mark on "
          "inputs that have changed since; landscapes and latent spaces as plots to look into; "
          "pictures, tables and movies that lie beside the files, in the order of the analysis. "
          "Which file is what is told by its content. The page needs no network and no other "
          "file, but for what is too large and therefore linked.")
      .describe(
          "In a plot, axes and colour are chosen among all that the files of the run say of the "
          "same patterns. The mouse shows a point's id, values and, where averages.h5 is among the "
          "files, its pattern. Dragged around points it selects them, in all plots of the same "
          "patterns, and gives their ids as a list that spi-select --ids and --selection of other "
          "programs take.")
      .example("spi-report out -o report.html", "All files in a folder")
      .example("spi-report averages.h5 clpca.h5 --title \"Gold, run 12\"",
               "Two files and what lies beside them");
  usage.inputs("run", args.inputs, "folders and files of a run");
  usage.output("report.html", "the page");
  args.report.describe(usage);
}

void run(const Args& args, spi::cli::Session& session) {
  const spi::RunFiles run = spi::find_run(args.inputs, session.output(), session.monitor());
  const spi::ReportPage page =
      spi::report_page(run, args.report, session.output(), session.provenance(), session.monitor());
  spi::write_text(session.output(), page.html);
  session.monitor().info(spi::text_of(
      "read ", run.files.size(), " files of a run and ", run.others.size(), " others, ", page.plots,
      " plots, ", page.embedded, " pictures and tables in the page, ", page.linked,
      " linked, wrote ", session.output().string(), " (", page.html.size() / 1024, " KiB)"));
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main(spi::cli::SingleTool<Args>{"spi-report", declare, run}, argc, argv);
}
